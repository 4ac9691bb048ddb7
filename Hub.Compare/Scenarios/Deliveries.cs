using Realtime.Compare.Measuring;

namespace Realtime.Compare.Scenarios;

/// <summary>The figures of everything that delivers.</summary>
internal static class Deliveries
{
    // Beyond these the load side, which shares the machine with the server, has measured itself.
    private const double BusyShare = 0.8;
    private const long LateMicros = 50_000;

    private static readonly (Figure Figure, double Quantile)[] Quantiles =
        [(Figure.P50, 0.5), (Figure.P90, 0.9), (Figure.P99, 0.99), (Figure.P999, 0.999), (Figure.Longest, 1)];

    public static Measured Measure(Session session, Delivered delivered)
    {
        var (balance, before, after) = (delivered.Balance, delivered.Before, delivered.After);
        var time = session.Bench.Time;
        var latency = balance.Latency;
        var traffic = after.Traffic - before.Traffic;
        var taken = time.GetElapsedTime(before.At, after.At);
        var busy = (after.LoadCpu - before.LoadCpu) / taken / Environment.ProcessorCount;
        var late = delivered.Loop.Lateness.ValueAt(0.99);
        var measured = new Measured
        {
            Lost = balance.Lost,
            Doubled = balance.Doubled,
            Astray = balance.Astray,
            Refused = delivered.Loop.Refused,
            LoadBound = busy > BusyShare || late > LateMicros,
            Latency = latency,
            Figures = { [Figure.LoadBusy] = busy * 100, [Figure.LoadLate] = late / 1000.0 },
        };
        // Of nothing there is no latency, and no cost of one: zeros would look like the best there is.
        if (latency.Count == 0) return measured;
        var figures = measured.Figures;
        foreach (var (figure, quantile) in Quantiles) figures[figure] = latency.ValueAt(quantile) / 1000.0;
        figures[Figure.DeliveredPerSecond] = latency.Count / time.GetElapsedTime(before.At, balance.LastAt).TotalSeconds;
        figures[Figure.BytesDown] = Each(traffic.Down);
        figures[Figure.BytesUp] = Each(traffic.Up);
        figures[Figure.Requests] = Each(traffic.Requests);
        figures[Figure.LoadCpu] = Each((after.LoadCpu - before.LoadCpu).TotalSeconds * 100_000);
        if (after.ServerCpu - before.ServerCpu is { } cpu) figures[Figure.ServerCpu] = Each(cpu.TotalSeconds * 100_000);
        return measured;

        double Each(double all) => all / latency.Count;
    }
}
