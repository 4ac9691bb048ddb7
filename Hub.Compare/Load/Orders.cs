using System.Text.Json;

namespace Realtime.Compare.Load;

/// <summary>Real orders, as the publisher sends them: the ones of the demonstration.</summary>
internal sealed class Orders
{
    private readonly (string Id, string Json)[] _orders = [.. Lines().Select(line => (IdOf(line), line))];

    /// <summary>The body of the n-th publish of a run. The order is sent as it is; padding comes beside it.</summary>
    /// <param name="to">The JSON of whom it is for.</param>
    /// <param name="payloadBytes">How long the data is at least; 0: as long as the order makes it.</param>
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
