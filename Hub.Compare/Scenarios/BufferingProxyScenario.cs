using Realtime.Compare.Measuring;

namespace Realtime.Compare.Scenarios;

/// <summary>A proxy on the way that collects an answer before it passes it on, whatever the server asks it to do: an event stream never ends, so nothing comes.</summary>
internal sealed class BufferingProxyScenario : IScenario
{
    // Longer than the baseline takes from one poll to the next, with a margin.
    private static readonly TimeSpan Enough = TimeSpan.FromSeconds(2);

    public string Name => "buffering-proxy";

    public string Meaning => $"the readers connect anew through a proxy that holds event streams back; what share comes within {Enough.TotalSeconds:0} s";

    public double Weight => 0.5;

    public TimeSpan Cost => Enough / 2;   // only some wait in vain

    /// <remarks>What does not come is not lost: it stands in the log and would come by another way. Leaves the wire as it is: the last scenario of a session.</remarks>
    public async Task<Measured> RunAsync(Session session, TimeSpan duration, TimeSpan patience, CancellationToken cancel)
    {
        session.Wire.HoldEventStreams();
        session.Wire.Cut();
        session.Wire.Mend();
        var delivered = await session.DeliverAsync(everybody: false, duration, Enough, cancel);
        var (balance, count) = (delivered.Balance, delivered.Balance.Latency.Count);
        return new()
        {
            Doubled = balance.Doubled,
            Astray = balance.Astray,
            Refused = delivered.Loop.Refused,
            Figures = { [Figure.ThroughBuffering] = 100.0 * count / Math.Max(1, count + balance.Lost) },
        };
    }
}
