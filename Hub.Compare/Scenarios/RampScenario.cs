using Realtime.Compare.Measuring;

namespace Realtime.Compare.Scenarios;

/// <summary>
/// The maximum rate: (1) one large step, (2) doubling as long as nearly everything arrives in time, (3) narrowing down.
/// </summary>
internal sealed class RampScenario : IRoundScenario
{
    /// <summary>The p99 that a rate must stay under to count as sustained, in milliseconds.</summary>
    public const double BoundMs = 100;

    // Twelve doublings exceed the rate of any load side.
    private const int MostDoublings = 12;

    // The factor at which doubling starts, if the server sustains it.
    private const int Leap = 16;

    // The usual number of steps of a ramp, so that it ends about in time.
    private const int UsualSteps = 7;

    // In a shorter step, a queue could absorb what the server cannot handle.
    private static readonly TimeSpan ShortestStep = TimeSpan.FromMilliseconds(250);

    public string Name => "ramp";

    public string Meaning =>
        $"as steady, at {Leap} times the rate, {Leap * 2} times, and so on, until p99 is over {BoundMs:0} ms twice, then once in between";

    public double Weight => 3;

    /// <remarks>If the load side or the machine reaches its limits, the ramp ends as if the server had, and the result says so.</remarks>
    public async Task<Measured> RunAsync(Session session, TimeSpan duration, TimeSpan patience, CancellationToken cancel)
    {
        var each = duration / UsualSteps > ShortestStep ? duration / UsualSteps : ShortestStep;
        var steps = new List<Measured>();
        var (sustained, limit, achieved, failed) = (0.0, 0.0, 0.0, (Measured?)null);
        // 1. A contender that does not sustain the initial rate needs no ramp; one that sustains much more needs no small steps.
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
            // Without a limit the ramp was too low for this server, which is the load side's shortcoming too. A contender that does not
            // sustain the initial rate is slow by itself.
            LoadBound = failed is null || sustained > 0 && (failed.LoadBound || IsOthersLimit(failed)),
            // A queue may absorb more for a moment: the rate of the deliveries counts.
            Figures = { [Figure.Sustained] = Math.Round(Math.Min(sustained, achieved)) },
        };

        // Retries a failed step once, because the machine may have had a hiccup. If even the median was too late, it was no hiccup.
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

    // The server had less than half of the machine.
    private static bool IsOthersLimit(Measured step) =>
        step.Figures.GetValueOrDefault(Figure.LoadBusy) + step.Figures.GetValueOrDefault(Figure.OthersBusy) > 50;

    private static bool Held(Measured step) => step.Lost + step.Refused == 0 && step.Figures[Figure.P99] <= BoundMs;
}
