using Realtime.Compare.Measuring;

namespace Realtime.Compare.Scenarios;

/// <summary>The network goes away while orders come in, and comes back.</summary>
internal sealed class CutScenario : IRoundScenario
{
    public string Name => "cut";

    public string Meaning => "every connection is reset and refused while publishing goes on; then the readers come back and catch up";

    public double Weight => 1;

    public async Task<Measured> RunAsync(Session session, TimeSpan duration, TimeSpan patience, CancellationToken cancel)
    {
        var time = session.Bench.Time;
        var keeps = session.Contender.Server.KeepsNotifications;
        var delivering = session.DeliverAsync(everybody: false, duration, session.WithinReason(patience), cancel);
        await Task.WhenAny(Task.Delay(duration / 4, time, cancel), delivering);
        session.Wire.Cut();
        await Task.WhenAny(Task.Delay(duration, time, cancel), delivering);   // until after the last publish
        session.Wire.Mend();
        var mended = time.GetTimestamp();
        var delivered = await delivering;
        var balance = delivered.Balance;
        var figures = new Dictionary<Figure, double>
        {
            [Figure.LostAtCut] = 100.0 * balance.Lost / Math.Max(1, balance.Lost + balance.Latency.Count),
        };
        // A reader that never got everything has not caught up at the last delivery: the time until we stop waiting counts. Without a log
        // there is nothing to catch up with.
        if (keeps)
            figures[Figure.CatchUp] = Math.Max(
                0, time.GetElapsedTime(mended, balance.Lost > 0 ? delivered.After.At : balance.LastAt).TotalMilliseconds);
        return Measured.Of(delivered) with { Figures = figures };
    }
}
