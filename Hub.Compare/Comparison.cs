using Realtime.Compare.Contenders;
using Realtime.Compare.Load;
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

    private readonly IReadOnlyList<IContender> _contenders =
    [
        .. AllContenders.All.Where(contender => options.Transports.Contains(contender.Name)),
        .. AllContenders.Peers.Where(contender => options.Beside.Contains(contender.Server.Name)),
    ];
    private readonly Random _random = new(options.Seed);
    private readonly Results _results = new();
    private readonly IReadOnlyList<IScenario> _scenarios = [.. ScenarioCatalog.All.Where(
        scenario => options.Scenarios.Contains(scenario.Name))];
    private double _done;

    private IReadOnlyList<IRoundScenario> Rounds => [.. _scenarios.OfType<IRoundScenario>()];

    private IEnumerable<ServerProgram> Programs => _contenders.Select(contender => contender.Server).Distinct();

    /// <exception cref="OperationCanceledException">The run was cancelled before anything was measured.</exception>
    public async Task<Results> RunAsync(CancellationToken cancel)
    {
        var start = time.GetTimestamp();
        Say("starting the server");
        await using var servers = options.Url is { } url
            ? Deployments.Of(url, options.Token!)
            : await Deployments.StartAsync(Programs, options.Nodes, time, cancel);
        var orders = new Orders();
        var benches = new Benches(servers, target => new(target, orders, time, options.Readers, options.Rate, options.PayloadBytes));
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var beside = BesideAsync(benches, ending.Token);
        try
        {
            await OnceAsync(Moment.Alone, benches, cancel);
            await WarmUpAsync(benches, cancel);
            _results.IsComplete = await RoundsAsync(benches, start, cancel);
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

    private Task OnceAsync(Moment moment, Benches benches, CancellationToken cancel) =>
        Task.WhenAll(_scenarios.OfType<IOnceScenario>().Where(scenario => scenario.Moment == moment)
            .Select(scenario => OnceAsync(scenario, benches, cancel)));

    private async Task OnceAsync(IOnceScenario scenario, Benches benches, CancellationToken cancel)
    {
        Say($"all contenders: {scenario.Name}");
        var measured = await Task.WhenAll(
            _contenders.Select(contender => scenario.RunAsync(benches.Of(contender), contender, Patience, cancel)));
        foreach (var (contender, one) in _contenders.Zip(measured)) _results.Add(contender.Name, scenario.Name, one);
    }

    /// <summary>Runs on a separate server, so that its cost does not count for the contenders that are being measured.</summary>
    private async Task BesideAsync(Benches benches, CancellationToken cancel)
    {
        if (!_scenarios.OfType<IOnceScenario>().Any(scenario => scenario.Moment == Moment.Beside)) return;
        await using var own = options.Url is null ? await Deployments.StartAsync(Programs, nodes: 1, time, cancel) : null;
        await OnceAsync(Moment.Beside, own is null ? benches : benches.On(own), cancel);
    }

    /// <returns>False if there was no time for all rounds.</returns>
    private async Task<bool> RoundsAsync(Benches benches, long start, CancellationToken cancel)
    {
        if (Rounds.Count == 0) return true;
        var pace = new Pace(
            options.Duration, options.Rounds, _contenders.Count * Rounds.Sum(scenario => scenario.Weight), SessionCost * _contenders.Count);
        for (var round = 0; round < options.Rounds; round++)
        {
            if (pace.Next(round, time.GetElapsedTime(start)) is not { } unit) return false;
            var begun = time.GetTimestamp();
            await RoundAsync(benches, round, unit, cancel);
            pace.Learn(time.GetElapsedTime(begun));
        }
        return true;
    }

    private async Task WarmUpAsync(Benches benches, CancellationToken cancel)
    {
        if (Rounds.Count == 0) return;
        foreach (var contender in _contenders)
        {
            Say($"warming up {contender.Name}");
            await using var session = await Session.OpenAsync(benches.Of(contender), contender, cancel);
            await session.DeliverAsync(everybody: false, WarmUpDuration, Patience, cancel, options.Rate * WarmUpRate);
        }
    }

    private async Task RoundAsync(Benches benches, int round, TimeSpan unit, CancellationToken cancel)
    {
        var turns = _contenders.Select(contender => (Contender: contender, IsControl: false))
            .Concat(AllContenders.Controls.Where(_ => ControlsIn(round)).Select(contender => (Contender: contender, IsControl: true)))
            .ToArray();
        _random.Shuffle(turns);
        for (var turn = 0; turn < turns.Length; turn++)
        {
            var (contender, isControl) = turns[turn];
            _done = (round + (double)turn / turns.Length) / options.Rounds;
            await using var session = await Session.OpenAsync(benches.Of(contender), contender, cancel);
            foreach (var scenario in isControl ? [ScenarioCatalog.Steady] : Rounds.Where(one => one.Suits(contender.Server)))
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
