using Realtime.Compare.Measuring;

namespace Realtime.Compare.Scenarios;

/// <summary>The figures of everything that delivers.</summary>
internal static class Deliveries
{
    // Beyond these the load side, which shares the machine with the server, has measured itself.
    private const double BusyShare = 0.8;
    private const long LateMicros = 50_000;

    public static Measured Measure(Session session, Delivered delivered)
    {
        var (balance, before, after) = (delivered.Balance, delivered.Before, delivered.After);
        var time = session.Bench.Time;
        var latency = balance.Latency;
        var count = Math.Max(1, latency.Count);
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
            Figures =
            {
                [Figure.P50] = Ms(0.5), [Figure.P90] = Ms(0.9), [Figure.P99] = Ms(0.99), [Figure.P999] = Ms(0.999), [Figure.Longest] = latency.Max / 1000.0,
                [Figure.DeliveredPerSecond] = latency.Count / time.GetElapsedTime(before.At, Math.Max(balance.LastAt, before.At + 1)).TotalSeconds,
                [Figure.BytesDown] = (double)traffic.Down / count,
                [Figure.BytesUp] = (double)traffic.Up / count,
                [Figure.Requests] = (double)traffic.Requests / count,
                [Figure.LoadCpu] = (after.LoadCpu - before.LoadCpu).TotalSeconds * 100_000 / count,
                [Figure.LoadBusy] = busy * 100,
                [Figure.LoadLate] = late / 1000.0,
            },
        };
        if (after.ServerCpu - before.ServerCpu is { } cpu) measured.Figures[Figure.ServerCpu] = cpu.TotalSeconds * 100_000 / count;
        return measured;

        double Ms(double quantile) => latency.ValueAt(quantile) / 1000.0;
    }
}
