using System.Text.Json;

namespace Realtime.Compare.Load;

/// <summary>Real orders in the publisher's format, from the demo data.</summary>
internal sealed class Orders
{
    private readonly (string Id, string Json)[] _orders = [.. Lines().Select(line => (IdOf(line), line))];

    /// <summary>The body of the n-th publish of a run. The order is sent unchanged; padding is added beside it.</summary>
    /// <param name="to">The JSON of the audience.</param>
    /// <param name="payloadBytes">The minimum length of the data; 0: no padding.</param>
    public string Body(string to, int run, int n, int payloadBytes)
    {
        var (id, order) = _orders[n % _orders.Length];
        var padding = new string('.', Math.Max(0, payloadBytes - order.Length));
        var data = $$$"""{"run":{{{run}}},"n":{{{n}}},"order":{{{order}}},"padding":"{{{padding}}}"}""";
        return $$$"""{"to":{{{to}}},"type":"order.created","orderId":{{{id}}},"data":{{{data}}}}""";
    }

    private static IEnumerable<string> Lines()
    {
        using var reader = new StreamReader(typeof(Orders).Assembly.GetManifestResourceStream("orders.jsonl")!);
        while (reader.ReadLine() is { } line)
            if (line.Length > 0) yield return line;
    }

    private static string IdOf(string line)
    {
        using var order = JsonDocument.Parse(line);
        return order.RootElement.GetProperty("orderId").GetRawText();
    }
}
