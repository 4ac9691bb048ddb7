using System.Text.Json;
using Realtime.Compare.Contenders;
using Realtime.Compare.Scenarios;
using Realtime.Compare.Server;

namespace Realtime.Compare;

/// <summary>Told how far it is: 0 to 1, and what is being measured now.</summary>
internal delegate void Progress(double done, string now);

/// <summary>
/// The measurement: (1) the server, (2) a warm-up that does not count, (3) rounds in which every contender has its turn, in an order that is drawn
/// anew, so that a machine which gets slower does so for all, and (4) the negative controls in between.
/// </summary>
internal sealed class Comparison(CompareOptions options, TimeProvider time, Progress progress)
{
    // What a session costs beside what it measures: connecting, settling, leaving. Only an estimate: it decides how long scenarios last.
    private static readonly TimeSpan SessionCost = TimeSpan.FromSeconds(0.8);
    private static readonly TimeSpan ShortestUnit = TimeSpan.FromMilliseconds(150);
    private static readonly TimeSpan ControlDuration = TimeSpan.FromSeconds(0.6);
    private static readonly TimeSpan WarmUpDuration = TimeSpan.FromSeconds(0.3);

    // How far the estimate may be off before a round is left out.
    private const double Grace = 1.15;

    /// <summary>How long after the last publish a delivery is lost.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    // Controls lose on purpose; waiting longer finds nothing more.
    private static readonly TimeSpan ControlPatience = TimeSpan.FromSeconds(1);

    private readonly IReadOnlyList<IContender> _contenders = [.. Field.All.Where(contender => options.Transports.Contains(contender.Name))];
    private readonly IReadOnlyList<IScenario> _scenarios = [.. Programme.All.Where(scenario => options.Scenarios.Contains(scenario.Name))];
    private readonly Random _random = new(options.Seed);
    private readonly Results _results = new();

    /// <exception cref="OperationCanceledException">It was ended before anything was measured.</exception>
    public async Task<Results> RunAsync(CancellationToken cancel)
    {
        var start = time.GetTimestamp();
        progress(0, "starting the server");
        await using var own = options.Url is null ? await OwnServer.StartAsync(time, cancel) : null;
        using var target = own is not null ? Target.Of(own) : Target.Of(options.Url!, options.Token!, SubjectOf(options.Token!));
        var bench = new Bench(target, new(), time, options.Readers, options.Rate, options.PayloadBytes);
        try
        {
            await WarmUpAsync(bench, cancel);
            var unit = Unit(time.GetElapsedTime(start));
            var measuring = time.GetTimestamp();
            for (var round = 0; round < options.Rounds; round++)
            {
                // A machine slower than estimated gets fewer rounds, not a longer wait.
                var spent = time.GetElapsedTime(measuring);
                if (round > 0 && spent * (round + 1) / round > options.Duration * Grace) return _results;
                await RoundAsync(bench, round, unit, cancel);
            }
            _results.IsComplete = true;
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested && !_results.IsEmpty) { /* what there is */ }
        return _results;
    }

    private async Task WarmUpAsync(Bench bench, CancellationToken cancel)
    {
        foreach (var contender in _contenders)
        {
            progress(0, $"warming up {contender.Name}");
            await using var session = await Session.OpenAsync(bench, contender, cancel);
            await session.DeliverAsync(everybody: false, WarmUpDuration, Patience, cancel);
        }
    }

    private async Task RoundAsync(Bench bench, int round, TimeSpan unit, CancellationToken cancel)
    {
        var turns = _contenders.Select(contender => (Contender: contender, IsControl: false))
            .Concat(Field.Controls.Where(_ => ControlsIn(round)).Select(contender => (Contender: contender, IsControl: true))).ToArray();
        _random.Shuffle(turns);
        for (var turn = 0; turn < turns.Length; turn++)
        {
            var (contender, isControl) = turns[turn];
            var done = (round + (double)turn / turns.Length) / options.Rounds;
            await using var session = await Session.OpenAsync(bench, contender, cancel);
            foreach (var scenario in isControl ? [Programme.Steady] : _scenarios)
            {
                progress(done, $"round {round + 1} of {options.Rounds}: {contender.Name}, {scenario.Name}");
                var measured = isControl
                    ? await scenario.RunAsync(session, ControlDuration, ControlPatience, cancel)
                    : await scenario.RunAsync(session, unit * scenario.Weight, Patience, cancel);
                _results.Add(contender.Name, scenario.Name, measured);
            }
        }
    }

    // Controls are compared with the reference in the steady scenario, in as many rounds as a verdict needs.
    private bool ControlsIn(int round) => round < Statistics.Verdict.FewestRounds && options.Scenarios.Contains(Programme.Steady.Name)
        && options.Transports.Contains(Field.Reference);

    private TimeSpan Unit(TimeSpan spent)
    {
        var sessions = options.Rounds * _contenders.Count;
        var controls = Enumerable.Range(0, options.Rounds).Count(ControlsIn) * Field.Controls.Count;
        var left = options.Duration - spent - (SessionCost + _scenarios.Aggregate(TimeSpan.Zero, (sum, scenario) => sum + scenario.Cost)) * sessions - controls * (ControlDuration + SessionCost);
        var unit = left / (sessions * Math.Max(0.5, _scenarios.Sum(scenario => scenario.Weight)));
        return unit > ShortestUnit ? unit : ShortestUnit;
    }

    private static string SubjectOf(string token)
    {
        try
        {
            var payload = System.Buffers.Text.Base64Url.DecodeFromChars(token.Split('.')[1]);
            using var claims = JsonDocument.Parse(payload);
            return claims.RootElement.GetProperty("sub").GetString()!;
        }
        catch (Exception malformed) when (malformed is FormatException or IndexOutOfRangeException or JsonException or KeyNotFoundException)
        {
            throw new InvalidOperationException("--token is not a JWT with a sub: give the token of a user with the role publisher.");
        }
    }
}
