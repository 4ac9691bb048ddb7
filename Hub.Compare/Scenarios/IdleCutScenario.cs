using Realtime.Compare.Contenders;
using Realtime.Compare.Measuring;

namespace Realtime.Compare.Scenarios;

/// <summary>
/// A proxy that cuts idle connections, as common ones do after 60 s: a connection survives only if server or client send something before
/// that.
/// </summary>
/// <remarks>
/// The scenario takes long: the heartbeats are the server's own (15 s), and a shorter limit alone would measure nothing real.
/// </remarks>
/// <param name="limit">Null: 60 s.</param>
/// <param name="silence">How long to publish nothing; null: 75 s.</param>
internal sealed class IdleCutScenario(TimeSpan? limit = null, TimeSpan? silence = null) : IOnceScenario
{
    private const int Readers = 4;

    private static readonly TimeSpan Publishing = TimeSpan.FromSeconds(0.5);

    private readonly TimeSpan _limit = limit ?? TimeSpan.FromSeconds(60);
    private readonly TimeSpan _silence = silence ?? TimeSpan.FromSeconds(75);

    public string Name => "idle-cut";

    public string Meaning =>
        $"{Readers} readers, nothing is published for {_silence.TotalSeconds:0} s, and a proxy cuts connections silent for "
        + $"{_limit.TotalSeconds:0} s; then as steady";

    public Moment Moment => Moment.Beside;

    public async Task<Measured> RunAsync(Bench bench, IContender contender, TimeSpan patience, CancellationToken cancel)
    {
        var time = bench.Time;
        await using var session = await Session.OpenAsync(bench with { Readers = Readers }, contender, cancel);
        for (var start = time.GetTimestamp(); time.GetElapsedTime(start) < _silence; await Task.Delay(_limit / 60, time, cancel))
            session.Wire.CutIdle(_limit);
        var lost = session.LostConnections;
        var delivered = await session.DeliverAsync(everybody: false, Publishing, patience, cancel);
        return Measured.Of(delivered) with { Figures = new() { [Figure.LostWhileIdle] = (double)lost / Readers } };
    }
}
