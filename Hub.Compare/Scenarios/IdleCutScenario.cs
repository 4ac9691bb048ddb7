using Realtime.Compare.Measuring;

namespace Realtime.Compare.Scenarios;

/// <summary>A proxy on the way that cuts idle connections, as the usual ones do after 60 s: only those live whose server or client says something before.</summary>
/// <remarks>Takes its time: the heartbeats are the server's own (15 s), and shortening the limit alone would measure nothing real.</remarks>
/// <param name="limit">Null: 60 s.</param>
/// <param name="silence">How long nothing is published; null: 75 s.</param>
internal sealed class IdleCutScenario(TimeSpan? limit = null, TimeSpan? silence = null) : IScenario
{
    private readonly TimeSpan _limit = limit ?? TimeSpan.FromSeconds(60);
    private readonly TimeSpan _silence = silence ?? TimeSpan.FromSeconds(75);

    public string Name => "idle-cut";

    public string Meaning => $"nothing is published for {_silence.TotalSeconds:0} s behind a proxy that cuts connections silent for {_limit.TotalSeconds:0} s; then as steady";

    public double Weight => 0.5;

    public TimeSpan Cost => _silence;

    public async Task<Measured> RunAsync(Session session, TimeSpan duration, TimeSpan patience, CancellationToken cancel)
    {
        var time = session.Bench.Time;
        var lost = session.LostConnections;
        for (var start = time.GetTimestamp(); time.GetElapsedTime(start) < _silence; await Task.Delay(_limit / 60, time, cancel)) session.Wire.CutIdle(_limit);
        lost = session.LostConnections - lost;
        var delivered = await session.DeliverAsync(everybody: false, duration, patience, cancel);
        return new()
        {
            Lost = delivered.Balance.Lost,
            Doubled = delivered.Balance.Doubled,
            Astray = delivered.Balance.Astray,
            Refused = delivered.Loop.Refused,
            Figures = { [Figure.LostWhileIdle] = (double)lost / session.Bench.Readers },
        };
    }
}
