using Realtime.Compare.Measuring;
using Realtime.Compare.Server;

namespace Realtime.Compare.Scenarios;

/// <summary>
/// Several nodes and a proxy without affinity, compared with the same nodes and a proxy that keeps each reader at its node.
/// </summary>
internal sealed class NoAffinityScenario : IRoundScenario
{
    // In turns, so that a machine that gets slower affects both.
    private const int Turns = 2;

    /// <summary>How long the readers of a server that needs affinity try: enough for dozens of attempts of each.</summary>
    public static readonly TimeSpan LimitOfTries = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan OpenLimit = TimeSpan.FromSeconds(30);

    public string Name => "no-affinity";

    public string Meaning =>
        "with --nodes: as steady, in turns through a proxy without affinity and through one that keeps each reader at one node";

    public double Weight => 2;

    public bool Suits(ServerProgram program) => !program.IsOneNode;

    public async Task<Measured> RunAsync(Session session, TimeSpan duration, TimeSpan patience, CancellationToken cancel)
    {
        var bench = session.Bench;
        // A server that needs affinity forwards nothing.
        var forwards = !session.Contender.Server.NeedsAffinity;
        var forwarded = forwards ? await bench.Target.ForwardedAsync(cancel) : 0;
        await using var without = await Session.TryOpenAsync(
            bench with { Entrance = null }, session.Contender, forwards ? OpenLimit : LimitOfTries, cancel);
        var connects = new Dictionary<Figure, double>
        {
            [Figure.FailedConnects] = 100 * without.ShareOfFailedConnects,
            [Figure.SubscribedWithoutAffinity] = 100 * without.ShareSubscribed,
        };
        // Deliveries to readers that are not there say nothing.
        if (without.ShareSubscribed < 1) return new() { Figures = connects };
        await using var with = await Session.OpenAsync(bench with { Entrance = bench.Target.WithAffinity }, session.Contender, cancel);
        patience = without.WithinReason(patience);
        var (spread, kept) = (new List<Delivered>(), new List<Delivered>());
        for (var turn = 0; turn < Turns; turn++)
        {
            spread.Add(await without.DeliverAsync(everybody: false, duration / Turns / 2, patience, cancel));
            kept.Add(await with.DeliverAsync(everybody: false, duration / Turns / 2, patience, cancel));
        }
        // With affinity, no request is forwarded: all forwarded ones belong to the runs without it.
        if (forwards) forwarded = await bench.Target.ForwardedAsync(cancel) - forwarded;
        var (mine, other) = (Deliveries.Measure(without, spread), Deliveries.Measure(with, kept));
        foreach (var (figure, share) in connects) mine.Figures[figure] = share;
        if (forwards) mine.Figures[Figure.Forwarded] = 100.0 * forwarded / without.Read().Traffic.Requests;
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
