using Realtime.Compare.Measuring;

namespace Realtime.Compare.Scenarios;

/// <summary>
/// Several nodes and a proxy without affinity, compared with the same nodes and a proxy that keeps each reader at its node.
/// </summary>
internal sealed class NoAffinityScenario : IRoundScenario
{
    // In turns, so that a machine that gets slower affects both.
    private const int Turns = 2;

    public string Name => "no-affinity";

    public string Meaning =>
        "with --nodes: as steady, in turns through a proxy without affinity and through one that keeps each reader at one node";

    public double Weight => 2;

    public async Task<Measured> RunAsync(Session session, TimeSpan duration, TimeSpan patience, CancellationToken cancel)
    {
        var bench = session.Bench;
        var forwarded = await bench.Target.ForwardedAsync(cancel);
        await using var without = await Session.OpenAsync(bench, session.Contender, cancel);
        await using var with = await Session.OpenAsync(bench with { Entrance = bench.Target.WithAffinity }, session.Contender, cancel);
        var (spread, kept) = (new List<Delivered>(), new List<Delivered>());
        for (var turn = 0; turn < Turns; turn++)
        {
            spread.Add(await without.DeliverAsync(everybody: false, duration / Turns / 2, patience, cancel));
            kept.Add(await with.DeliverAsync(everybody: false, duration / Turns / 2, patience, cancel));
        }
        // With affinity, no request is forwarded: all forwarded ones belong to the runs without it.
        forwarded = await bench.Target.ForwardedAsync(cancel) - forwarded;
        var (mine, other) = (Deliveries.Measure(without, spread), Deliveries.Measure(with, kept));
        mine.Figures[Figure.Forwarded] = 100.0 * forwarded / without.Read().Traffic.Requests;
        foreach (var (extra, of) in new[] { (Figure.ExtraLatency, Figure.P50), (Figure.ExtraP90, Figure.P90),
            (Figure.ExtraCpu, Figure.ServerCpu) })
            if (mine.Figures.TryGetValue(of, out var one) && other.Figures.TryGetValue(of, out var two)) mine.Figures[extra] = one - two;
        return mine with
        {
            Lost = mine.Lost + other.Lost,
            Doubled = mine.Doubled + other.Doubled,
            Astray = mine.Astray + other.Astray,
            Refused = mine.Refused + other.Refused,
            LoadBound = mine.LoadBound || other.LoadBound,
        };
    }
}
