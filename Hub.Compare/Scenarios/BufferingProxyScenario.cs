using Realtime.Compare.Contenders;
using Realtime.Compare.Measuring;

namespace Realtime.Compare.Scenarios;

/// <summary>
/// A proxy on the way that collects an answer before it passes it on, whatever the server asks it to do: an event stream never ends, so
/// nothing comes.
/// </summary>
internal sealed class BufferingProxyScenario : IOnceScenario
{
    private const int Readers = 4;

    // Longer than the baseline takes from one poll to the next, with a margin.
    private static readonly TimeSpan Enough = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Publishing = TimeSpan.FromSeconds(0.5);

    public string Name => "buffering-proxy";

    public string Meaning =>
        $"{Readers} readers connect through a proxy that holds event streams back; what share comes within {Enough.TotalSeconds:0} s";

    public Moment Moment => Moment.Beside;

    /// <remarks>What does not come is not lost: it stands in the log and would come by another way.</remarks>
    public async Task<Measured> RunAsync(Bench bench, IContender contender, TimeSpan patience, CancellationToken cancel)
    {
        // They connect before it holds anything, or nobody would know when they are there; then they do so again.
        await using var session = await Session.OpenAsync(bench with { Readers = Readers }, contender, cancel);
        session.Wire.HoldEventStreams();
        session.Wire.Cut();
        session.Wire.Mend();
        var delivered = await session.DeliverAsync(everybody: false, Publishing, Enough, cancel);
        var (balance, count) = (delivered.Balance, delivered.Balance.Latency.Count);
        var share = 100.0 * count / Math.Max(1, count + balance.Lost);
        return Measured.Of(delivered) with { Lost = 0, Delivers = false, Figures = new() { [Figure.ThroughBuffering] = share } };
    }
}
