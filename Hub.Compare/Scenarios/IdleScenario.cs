using Realtime.Compare.Measuring;

namespace Realtime.Compare.Scenarios;

/// <summary>What a reader costs to whom nothing happens.</summary>
internal sealed class IdleScenario : IScenario
{
    public string Name => "idle";

    public string Meaning => "all readers are connected and nothing is published";

    public double Weight => 0.5;

    public async Task<Measured> RunAsync(Session session, TimeSpan duration, TimeSpan patience, CancellationToken cancel)
    {
        var (readers, time) = (session.Bench.Readers, session.Bench.Time);
        var before = session.Read();
        await Task.Delay(duration, time, cancel);
        var after = session.Read();
        var seconds = time.GetElapsedTime(before.At, after.At).TotalSeconds;
        var measured = new Measured
        {
            Figures =
            {
                [Figure.IdleBytesPerSecond] = Bytes(after, before) / readers / seconds,
                [Figure.HeldConnections] = (double)session.Wire.Open / readers,
            },
        };
        if (after.ServerCpu - before.ServerCpu is { } cpu) measured.Figures[Figure.IdleCpu] = cpu.TotalMilliseconds / readers / seconds;
        return measured;
    }

    private static double Bytes(Reading after, Reading before)
    {
        var traffic = after.Traffic - before.Traffic;
        return traffic.Up + traffic.Down;
    }
}
