using Realtime.Compare.Measuring;

namespace Realtime.Compare.Scenarios;

/// <summary>All readers connect at once, as after the restart of a proxy.</summary>
internal sealed class ConnectStormScenario : IRoundScenario
{
    public string Name => "connect-storm";

    public string Meaning => "all readers connect at the same moment, until the last one is subscribed";

    public double Weight => 0;

    public Task<Measured> RunAsync(Session session, TimeSpan duration, TimeSpan patience, CancellationToken cancel)
    {
        var taken = session.Bench.Time.GetElapsedTime(session.Empty.At, session.Full.At);
        var traffic = session.Full.Traffic;
        var readers = session.Bench.Readers;
        return Task.FromResult(new Measured
        {
            Figures =
            {
                [Figure.ConnectsPerSecond] = readers / taken.TotalSeconds,
                [Figure.ConnectionsPerReader] = (double)traffic.Connections / readers,
                [Figure.RequestsPerConnect] = (double)traffic.Requests / readers,
            },
        });
    }
}
