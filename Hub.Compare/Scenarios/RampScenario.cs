using Realtime.Compare.Measuring;

namespace Realtime.Compare.Scenarios;

/// <summary>
/// How much it can take: (1) a leap, (2) the rate is doubled as long as nearly everything comes in time, (3) then narrowed down.
/// </summary>
internal sealed class RampScenario : IRoundScenario
{
    /// <summary>The p99 that a rate must stay under to count as sustained, in milliseconds.</summary>
    public const double BoundMs = 100;

    // Twelve times twice is more than any load side publishes.
    private const int MostDoublings = 12;

    // Where doubling begins, if that much holds.
    private const int Leap = 16;

    // What a ramp takes on most machines, so that it ends about in time.
    private const int UsualSteps = 7;

    // Shorter, and a queue would swallow what the server cannot take.
    private static readonly TimeSpan ShortestStep = TimeSpan.FromMilliseconds(250);

    public string Name => "ramp";

    public string Meaning =>
        $"as steady, at {Leap} times the rate, {Leap * 2} times, and so on, until p99 is over {BoundMs:0} ms twice, then once in between";

    public double Weight => 3;

    /// <remarks>A load side, or a machine, at its limits ends the ramp like a server at its limits, and is said so.</remarks>
    public async Task<Measured> RunAsync(Session session, TimeSpan duration, TimeSpan patience, CancellationToken cancel)
    {
        var each = duration / UsualSteps > ShortestStep ? duration / UsualSteps : ShortestStep;
        var steps = new List<Measured>();
        var (sustained, limit, achieved, failed) = (0.0, 0.0, 0.0, (Measured?)null);
        // 1. Who does not hold the rate itself needs no ramp; who holds much more needs no small steps.
        if (await HoldsAsync(session.Bench.Rate)) sustained = session.Bench.Rate;
        else (limit, failed) = (session.Bench.Rate, steps[^1]);
        if (limit == 0 && await HoldsAsync(sustained * Leap)) sustained *= Leap;
        // 2. Double.
        for (var doubling = 0; doubling < MostDoublings && limit == 0; doubling++)
        {
            if (await HoldsAsync(sustained * 2)) sustained *= 2;
            else (limit, failed) = (sustained * 2, steps[^1]);
        }
        // 3. Narrow down, in equal ratios.
        if (sustained > 0 && limit > 0 && await HoldsAsync(Math.Sqrt(sustained * limit))) sustained = Math.Sqrt(sustained * limit);
        return new()
        {
            Lost = steps.Sum(step => step.Lost),
            Doubled = steps.Sum(step => step.Doubled),
            Astray = steps.Sum(step => step.Astray),
            Refused = steps.Sum(step => step.Refused),
            Delivers = true,
            // Without a limit the ramp was too low for this server, which is the load side's shortcoming too. Who does not hold the rate
            // itself is slow by itself.
            LoadBound = failed is null || sustained > 0 && (failed.LoadBound || IsOthersLimit(failed)),
            // A queue may swallow more for a moment: what counts is how fast it came out.
            Figures = { [Figure.Sustained] = Math.Round(Math.Min(sustained, achieved)) },
        };

        // Whatever hiccup the machine had: what fails is tried once again, unless even the median was too late, which no hiccup does.
        async Task<bool> HoldsAsync(double rate)
        {
            await StepAsync(rate);
            if (!Held(steps[^1]) && steps[^1].Figures.GetValueOrDefault(Figure.P50) <= BoundMs) await StepAsync(rate);
            if (!Held(steps[^1])) return false;
            achieved = steps[^1].Figures[Figure.DeliveredPerSecond];
            return true;
        }

        async Task StepAsync(double rate) =>
            steps.Add(Deliveries.Measure(session, await session.DeliverAsync(everybody: false, each, patience, cancel, rate)));
    }

    // Half of the machine was not even there for the server.
    private static bool IsOthersLimit(Measured step) =>
        step.Figures.GetValueOrDefault(Figure.LoadBusy) + step.Figures.GetValueOrDefault(Figure.OthersBusy) > 50;

    private static bool Held(Measured step) => step.Lost + step.Refused == 0 && step.Figures[Figure.P99] <= BoundMs;
}
