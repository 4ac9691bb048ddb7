using Realtime.Compare.Measuring;

namespace Realtime.Compare.Scenarios;

/// <summary>The figures of every scenario that delivers.</summary>
internal static class Deliveries
{
    // Beyond these limits, the load side, which shares the machine with the server, has measured itself.
    private const double BusyShare = 0.8;
    private const long LateMicros = 50_000;

    // On a fully used machine, the process that uses the most CPU limits the others.
    private const double FullShare = 0.9;

    private static readonly (Figure Figure, double Quantile)[] Quantiles =
        [(Figure.P50, 0.5), (Figure.P90, 0.9), (Figure.P99, 0.99), (Figure.P999, 0.999), (Figure.Longest, 1)];

    /// <param name="parts">One or more periods of publishing to the same session, taken together.</param>
    public static Measured Measure(Session session, params IReadOnlyList<Delivered> parts)
    {
        var time = session.Bench.Time;
        var latency = new LatencyHistogram();
        foreach (var part in parts) latency.Add(part.Balance.Latency);
        var measured = Measured.Of(parts) with { Latency = latency };
        double Sum(Func<Delivered, double> of) => parts.Sum(of);
        var taken = Sum(part => time.GetElapsedTime(part.Before.At, part.After.At).TotalSeconds);
        var all = taken * Environment.ProcessorCount;
        var load = Sum(part => (part.After.LoadCpu - part.Before.LoadCpu).TotalSeconds);
        var late = parts.Max(part => part.Loop.Lateness.ValueAt(0.99));
        var figures = measured.Figures;
        (figures[Figure.LoadBusy], figures[Figure.LoadLate]) = (100 * load / all, late / 1000.0);
        double? server = session.Bench.Target.IsOurs
            ? Sum(part => (part.After.ServerCpu - part.Before.ServerCpu)!.Value.TotalSeconds)
            : null;
        double? others = null;
        if (server is not null && parts.All(part => part.Before.MachineCpu is not null))
        {
            others = Math.Max(0, Sum(part => (part.After.MachineCpu - part.Before.MachineCpu)!.Value.TotalSeconds) - load - server.Value);
            figures[Figure.OthersBusy] = 100 * others.Value / all;
        }
        var isFull = load + server + (others ?? 0) > FullShare * all;
        measured = measured with
        {
            LoadBound = load > BusyShare * all || late > LateMicros || isFull && load > server
            && load > (others ?? 0)
        };
        // Without deliveries there is no latency and no cost per delivery: zeros would look like the best result.
        if (latency.Count == 0) return measured;
        foreach (var (figure, quantile) in Quantiles) figures[figure] = latency.ValueAt(quantile) / 1000.0;
        figures[Figure.DeliveredPerSecond] = latency.Count / Sum(
            part => time.GetElapsedTime(part.Before.At, part.Balance.LastAt).TotalSeconds);
        figures[Figure.BytesDown] = Sum(part => part.After.Traffic.Down - part.Before.Traffic.Down) / latency.Count;
        figures[Figure.BytesUp] = Sum(part => part.After.Traffic.Up - part.Before.Traffic.Up) / latency.Count;
        figures[Figure.Requests] = Sum(part => part.After.Traffic.Requests - part.Before.Traffic.Requests) / latency.Count;
        figures[Figure.LoadCpu] = load * 100_000 / latency.Count;
        if (server is not null) figures[Figure.ServerCpu] = server.Value * 100_000 / latency.Count;
        return measured;
    }
}
