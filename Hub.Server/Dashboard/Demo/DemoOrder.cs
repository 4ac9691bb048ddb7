using System.Text.Json;

namespace Realtime.Server.Dashboard.Demo;

/// <summary>A real historical order; <c>NOTICE.md</c> names the source.</summary>
/// <param name="DaysToShip">0 to 7.</param>
/// <param name="Placed">The data of its <c>order.created</c>.</param>
/// <param name="Shipped">The data of its <c>order.shipped</c>, which can be read on its own.</param>
internal sealed record DemoOrder(
    string OrderId, string Customer, string Region, string Segment, int DaysToShip, JsonElement Placed, JsonElement Shipped)
{
    private static readonly string[] ShippedMembers = ["city", "state", "total", "shipMode", "shippedOn"];

    /// <summary>The orders that are embedded in the server, oldest first.</summary>
    public static IReadOnlyList<DemoOrder> ReadAll()
    {
        using var stream = typeof(DemoOrder).Assembly.GetManifestResourceStream("orders.jsonl")!;
        using var lines = new StreamReader(stream);
        var orders = new List<DemoOrder>();
        while (lines.ReadLine() is { } line) orders.Add(Read(JsonElement.Parse(line)));
        return orders;
    }

    private static DemoOrder Read(JsonElement order) => new(
        Text(order, "orderId"),
        Text(order, "customerId"),
        Text(order, "region").ToLowerInvariant(),
        Text(order, "segment"),
        (order.GetProperty("shippedOn").GetDateTime() - order.GetProperty("orderedOn").GetDateTime()).Days,
        order,
        JsonSerializer.SerializeToElement(ShippedMembers.ToDictionary(name => name, name => order.GetProperty(name))));

    private static string Text(JsonElement order, string name) => order.GetProperty(name).GetString()!;
}
