using Realtime.Compare.Measuring;

namespace Realtime.Compare.Scenarios;

/// <summary>How much it can take: the rate is doubled as long as nearly everything comes in time.</summary>
internal sealed class RampScenario : IScenario
{
    private const int MostSteps = 7;

    // Shorter, and a queue would swallow what the server cannot take.
    private static readonly TimeSpan ShortestStep = TimeSpan.FromMilliseconds(250);

    /// <summary>The p99 that a rate must stay under to count as sustained, in milliseconds.</summary>
    public const double BoundMs = 100;

    public string Name => "ramp";

    public string Meaning => $"as steady, at twice the rate, four times, and so on, until p99 is over {BoundMs:0} ms; at most {1 << (MostSteps - 1)} times";

    public double Weight => 3;

    public TimeSpan Cost => ShortestStep * 2;

    /// <remarks>A load side at its limits ends the ramp like a server at its limits, and is said so.</remarks>
    public async Task<Measured> RunAsync(Session session, TimeSpan duration, TimeSpan patience, CancellationToken cancel)
    {
        var (sustained, lost, doubled, astray, refused, loadBound) = (0.0, 0, 0, 0, 0, false);
        var each = duration / MostSteps > ShortestStep ? duration / MostSteps : ShortestStep;
        for (var (step, rate) = (0, session.Bench.Rate); step < MostSteps; step++, rate *= 2)
        {
            var delivered = await session.DeliverAsync(everybody: false, each, patience, cancel, rate);
            var measured = Deliveries.Measure(session, delivered);
            (lost, doubled, astray, refused) = (lost + measured.Lost, doubled + measured.Doubled, astray + measured.Astray, refused + measured.Refused);
            loadBound = measured.LoadBound;
            if (measured.Lost + measured.Refused > 0 || measured.Figures[Figure.P99] > BoundMs) break;
            sustained = rate;
        }
        return new()
        {
            Lost = lost,
            Doubled = doubled,
            Astray = astray,
            Refused = refused,
            LoadBound = loadBound,
            Figures = { [Figure.Sustained] = sustained },
        };
    }
}
