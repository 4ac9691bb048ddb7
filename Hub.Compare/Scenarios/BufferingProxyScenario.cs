using Realtime.Compare.Contenders;
using Realtime.Compare.Measuring;

namespace Realtime.Compare.Scenarios;

/// <summary>
/// A proxy between server and readers that collects a complete response before it passes it on, whatever the server asks for. An event
/// stream never ends, so nothing arrives.
/// </summary>
internal sealed class BufferingProxyScenario : IOnceScenario
{
    private const int Readers = 4;

    // Longer than the time between two polls of the baseline, with a margin.
    private static readonly TimeSpan Enough = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Publishing = TimeSpan.FromSeconds(0.5);

    public string Name => "buffering-proxy";

    public string Meaning =>
        $"{Readers} readers connect through a proxy that holds event streams back; what share comes within {Enough.TotalSeconds:0} s";

    public Moment Moment => Moment.Beside;

    /// <remarks>A notification that does not arrive is not lost: it is in the log, and would arrive over another transport.</remarks>
    public async Task<Measured> RunAsync(Bench bench, IContender contender, TimeSpan patience, CancellationToken cancel)
    {
        // Readers connect before the proxy holds anything, because otherwise we would not know when they are subscribed; then they
        // reconnect.
        // A server without a log would lose what is published meanwhile: its readers connect once, through the proxy that holds.
        var own = bench with { Readers = Readers };
        await using var session = contender.Server.KeepsNotifications
            ? await Session.OpenAsync(own, contender, cancel)
            : await Session.TryOpenAsync(own, contender, Enough, cancel, wire => wire.HoldEventStreams());
        if (contender.Server.KeepsNotifications)
        {
            session.Wire.HoldEventStreams();
            session.Wire.Cut();
            session.Wire.Mend();
        }
        var delivered = await session.DeliverAsync(everybody: false, Publishing, Enough, cancel);
        var (balance, count) = (delivered.Balance, delivered.Balance.Latency.Count);
        var share = 100.0 * count / Math.Max(1, count + balance.Lost);
        return Measured.Of(delivered) with { Lost = 0, Delivers = false, Figures = new() { [Figure.ThroughBuffering] = share } };
    }
}
