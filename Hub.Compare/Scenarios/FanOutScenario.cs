namespace Realtime.Compare.Scenarios;

/// <summary>One notification, many readers: a group and everyone in turn.</summary>
internal sealed class FanOutScenario : IRoundScenario
{
    public string Name => "fan-out";

    public string Meaning => "each notification is for all readers, as a group and as everyone in turn, at a quarter of the rate";

    public double Weight => 1;

    public async Task<Measured> RunAsync(Session session, TimeSpan duration, TimeSpan patience, CancellationToken cancel) =>
        Deliveries.Measure(session, await session.DeliverAsync(everybody: true, duration, patience, cancel));
}
