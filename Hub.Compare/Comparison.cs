using Realtime.Compare.Contenders;
using Realtime.Compare.Scenarios;
using Realtime.Compare.Server;

namespace Realtime.Compare;

/// <summary>Reports progress: 0 to 1, and what is being measured now.</summary>
internal delegate void Progress(double done, string now);

/// <summary>
/// The measurement: (1) start the server; (2) measure what runs alone, once, for all contenders at the same time; (3) warm up, not counted;
/// (4) run rounds. In a round, every contender has its turn, in a new random order, so that a machine that gets slower affects all of them.
/// The negative controls run in between. Scenarios that take long and use little run beside all that.
/// </summary>
internal sealed class Comparison(CompareOptions options, TimeProvider time, Progress progress)
{
    // The time of a session besides its measurements: connecting, settling, leaving. An estimate, used until the first round has ended.
    private static readonly TimeSpan SessionCost = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan ControlDuration = TimeSpan.FromSeconds(0.6);
    private static readonly TimeSpan WarmUpDuration = TimeSpan.FromSeconds(0.3);

    // A multiple of the rate: the server's code is compiled on use, and has to be warm before it is measured.
    private const double WarmUpRate = 4;

    /// <summary>How long after the last publish a delivery counts as lost.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    // Controls lose notifications on purpose; waiting longer finds nothing more.
    private static readonly TimeSpan ControlPatience = TimeSpan.FromSeconds(2);

    private readonly IReadOnlyList<IContender> _contenders = [.. AllContenders.All.Where(
        contender => options.Transports.Contains(contender.Name))];
    private readonly Random _random = new(options.Seed);
    private readonly Results _results = new();
    private readonly IReadOnlyList<IScenario> _scenarios = [.. ScenarioCatalog.All.Where(
        scenario => options.Scenarios.Contains(scenario.Name))];
    private double _done;

    private IReadOnlyList<IRoundScenario> Rounds => [.. _scenarios.OfType<IRoundScenario>()];

    /// <exception cref="OperationCanceledException">The run was cancelled before anything was measured.</exception>
    public async Task<Results> RunAsync(CancellationToken cancel)
    {
        var start = time.GetTimestamp();
        Say("starting the server");
        await using var own = options.Url is not null ? null
            : options.Nodes > 1
            ? (IDeployment)await OwnCluster.StartAsync(options.Nodes, time, cancel)
            : await OwnServer.StartAsync(time, cancel);
        using var target = own is not null ? Target.Of(own) : Target.Of(options.Url!, options.Token!);
        var bench = new Bench(target, new(), time, options.Readers, options.Rate, options.PayloadBytes);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var beside = BesideAsync(bench, ending.Token);
        try
        {
            await OnceAsync(Moment.Alone, bench, cancel);
            await WarmUpAsync(bench, cancel);
            _results.IsComplete = await RoundsAsync(bench, start, cancel);
            Say("waiting for what is measured beside the rounds");
            await beside;
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested && !_results.IsEmpty)
        {
            _results.IsComplete = false;   // keep what was measured
        }
        finally
        {
            await ending.CancelAsync();
            // A failure was already thrown above, unless another one came first.
            await beside.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        return _results;
    }

    private Task OnceAsync(Moment moment, Bench bench, CancellationToken cancel) =>
        Task.WhenAll(_scenarios.OfType<IOnceScenario>().Where(scenario => scenario.Moment == moment)
            .Select(scenario => OnceAsync(scenario, bench, cancel)));

    private async Task OnceAsync(IOnceScenario scenario, Bench bench, CancellationToken cancel)
    {
        Say($"all contenders: {scenario.Name}");
        var measured = await Task.WhenAll(_contenders.Select(contender => scenario.RunAsync(bench, contender, Patience, cancel)));
        foreach (var (contender, one) in _contenders.Zip(measured)) _results.Add(contender.Name, scenario.Name, one);
    }

    /// <summary>Runs on a separate server, so that its cost does not count for the contenders that are being measured.</summary>
    private async Task BesideAsync(Bench bench, CancellationToken cancel)
    {
        if (!_scenarios.OfType<IOnceScenario>().Any(scenario => scenario.Moment == Moment.Beside)) return;
        await using var own = bench.Target.IsOurs ? await OwnServer.StartAsync(time, cancel) : null;
        using var target = own is null ? null : Target.Of(own);
        await OnceAsync(Moment.Beside, target is null ? bench : bench with { Target = target }, cancel);
    }

    /// <returns>False if there was no time for all rounds.</returns>
    private async Task<bool> RoundsAsync(Bench bench, long start, CancellationToken cancel)
    {
        if (Rounds.Count == 0) return true;
        var pace = new Pace(
            options.Duration, options.Rounds, _contenders.Count * Rounds.Sum(scenario => scenario.Weight), SessionCost * _contenders.Count);
        for (var round = 0; round < options.Rounds; round++)
        {
            if (pace.Next(round, time.GetElapsedTime(start)) is not { } unit) return false;
            var begun = time.GetTimestamp();
            await RoundAsync(bench, round, unit, cancel);
            pace.Learn(time.GetElapsedTime(begun));
        }
        return true;
    }

    private async Task WarmUpAsync(Bench bench, CancellationToken cancel)
    {
        if (Rounds.Count == 0) return;
        foreach (var contender in _contenders)
        {
            Say($"warming up {contender.Name}");
            await using var session = await Session.OpenAsync(bench, contender, cancel);
            await session.DeliverAsync(everybody: false, WarmUpDuration, Patience, cancel, options.Rate * WarmUpRate);
        }
    }

    private async Task RoundAsync(Bench bench, int round, TimeSpan unit, CancellationToken cancel)
    {
        var turns = _contenders.Select(contender => (Contender: contender, IsControl: false))
            .Concat(AllContenders.Controls.Where(_ => ControlsIn(round)).Select(contender => (Contender: contender, IsControl: true)))
            .ToArray();
        _random.Shuffle(turns);
        for (var turn = 0; turn < turns.Length; turn++)
        {
            var (contender, isControl) = turns[turn];
            _done = (round + (double)turn / turns.Length) / options.Rounds;
            await using var session = await Session.OpenAsync(bench, contender, cancel);
            foreach (var scenario in isControl ? [ScenarioCatalog.Steady] : Rounds)
            {
                Say($"round {round + 1} of {options.Rounds}: {contender.Name}, {scenario.Name}");
                var measured = isControl
                    ? await scenario.RunAsync(session, ControlDuration, ControlPatience, cancel)
                    : await scenario.RunAsync(session, unit * scenario.Weight, Patience, cancel);
                _results.Add(contender.Name, scenario.Name, measured);
            }
        }
    }

    // Controls are compared with the reference in the steady scenario. What one round does not show, ten do not either.
    private bool ControlsIn(int round) =>
        round == 0 && options.Scenarios.Contains(ScenarioCatalog.Steady.Name) && options.Transports.Contains(AllContenders.Reference);

    private void Say(string now) => progress(_done, now);
}
