namespace Realtime.Compare.Scenarios;

/// <summary>Normal operation: each order to the one reader that waits for it.</summary>
internal sealed class SteadyScenario : IRoundScenario
{
    public string Name => "steady";

    public string Meaning => "each notification is for one reader, at a steady rate";

    public double Weight => 2;

    public async Task<Measured> RunAsync(Session session, TimeSpan duration, TimeSpan patience, CancellationToken cancel) =>
        Deliveries.Measure(session, await session.DeliverAsync(everybody: false, duration, patience, cancel));
}
