using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Realtime.Compare.Contenders;
using Realtime.Compare.Measuring;
using Realtime.Compare.Peers;
using Realtime.Compare.Scenarios;

namespace Realtime.Compare;

/// <summary>The options, their ranges and their help.</summary>
internal static class CommandLine
{
    // Below 200, the connection limit of one user.
    private const int MostReadersOfOneUser = 150;

    // Including start and end, under two minutes and under 45 s.
    private const int UsualSeconds = 110, QuickSeconds = 36;

    // The minimum for a verdict.
    private const int UsualRounds = Statistics.Verdict.FewestRounds;

    private static readonly string[] TransportNames = [.. AllContenders.All.Select(contender => contender.Name)];
    private static readonly string[] PeerNames = [.. AllContenders.Peers.Select(contender => contender.Server.Name).Distinct()];
    private static readonly string[] ScenarioNames = [.. ScenarioCatalog.All.Select(scenario => scenario.Name)];

    public static RootCommand Create(Func<CompareOptions, CancellationToken, Task<int>> run)
    {
        var folder = new Option<DirectoryInfo>("--out")
        {
            Description = "where comparison.json and comparison.html go (default: the working directory)",
            DefaultValueFactory = _ => new(Environment.CurrentDirectory),
        };
        var url = new Option<Uri?>("--url")
        {
            Description = "measure this server instead of an own one; http only, since bytes and requests are counted before TLS",
            CustomParser = ParseUrl,
        };
        var token = new Option<string?>("--token")
        {
            Description = "with --url: a token with the role publisher; its user reads what it publishes to itself",
        };
        var transports = new Option<string[]>("--transports")
        {
            Description = "which contenders",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => TransportNames,
        };
        transports.AcceptOnlyFromAmong(TransportNames);
        var beside = new Option<string[]>("--beside")
        {
            Description = "other servers to measure too, in every scenario that they can take part in. stock: plain SignalR over each of "
                + "its transports; several nodes share a Redis backplane, behind a proxy with affinity except in no-affinity. bare: an "
                + "event stream per user, written with ASP.NET Core alone, always on one node",
            AllowMultipleArgumentsPerToken = true,
        };
        beside.AcceptOnlyFromAmong(PeerNames);
        var scenarios = new Option<string[]>("--scenario")
        {
            Description = "which scenarios (default: all that fit)",
            AllowMultipleArgumentsPerToken = true,
        };
        scenarios.AcceptOnlyFromAmong(ScenarioNames);
        var nodes = Number(
            "--nodes",
            "servers: 1 with the embedded store; several with a Redis and a round-robin nginx of their own, which must be installed",
            1, 1, 9);
        var readers = Number(
            "--readers", $"readers per contender; with --url at most {MostReadersOfOneUser}, since they are one user", 20, 1, 2_000);
        var rate = Number("--rate", "notifications per second", 400, 1, 10_000);
        var duration = new Option<int?>("--duration")
        {
            Description = "seconds for the whole measurement, 1 to 3600; one round is made in any case "
                + $"(default: {UsualSeconds}, or {QuickSeconds} with --quick)",
        };
        Bound(duration, 1, 3600);
        var payload = Number("--payload", "bytes of data in each notification, at least; 0: the bare order (about 700)", 0, 0, 60_000);
        var seed = Number(
            "--seed", "decides the order of the contenders in each round, and the draws of the intervals", 1, 0, int.MaxValue);
        var rounds = new Option<int?>("--rounds")
        {
            Description = "rounds, each with every contender in another order, 1 to 100 "
                + $"(default: {UsualRounds}, the fewest that anything is said of)",
        };
        Bound(rounds, 1, 100);
        var quick = new Option<bool>("--quick")
        {
            Description = $"a first impression within 45 s, without {Names(ScenarioCatalog.Slow)} unless --scenario names them "
                + "(with --nodes without fan-out and cut too)",
        };
        var markdown = new Option<bool>("--markdown")
        {
            Description = "also write comparison.md: the table and the advice for a README, with command, date and machine",
        };
        var root = new RootCommand(Description())
        {
            folder, url, token, nodes, transports, beside, scenarios, readers, rate, duration, payload, seed, rounds, quick, markdown,
        };
        root.Validators.Add(given =>
        {
            if (given.GetResult(url) is not null && given.GetValue(nodes) > 1)
                given.AddError("--nodes starts servers and --url measures one that is there: give one of them.");
            if (given.GetResult(url) is not null && given.GetResult(beside) is not null)
                given.AddError("--beside starts servers and --url measures one that is there: give one of them.");
            if (given.GetResult(url) is not null && given.GetValue(readers) > MostReadersOfOneUser)
                given.AddError(
                    $"--readers must be at most {MostReadersOfOneUser} with --url: they are one user, who may have 200 connections.");
            foreach (var name in given.GetValue(scenarios) ?? [])
                if (name == ScenarioCatalog.NoAffinity.Name && given.GetValue(nodes) <= 1)
                    given.AddError($"--scenario {name} needs several nodes: add --nodes 3.");
                else if (name == ScenarioCatalog.Idle.Name && given.GetResult(url) is not null)
                    given.AddError($"--scenario {name} measures the memory of servers that it starts: leave out --url.");
            if (given.GetResult(url) is null != given.GetResult(token) is null)
                given.AddError("--url and --token belong together: give both or neither.");
        });
        root.SetAction((given, cancel) => run(new()
        {
            Out = given.GetValue(folder)!,
            Url = given.GetValue(url),
            Token = given.GetValue(token),
            Nodes = given.GetValue(nodes),
            Transports = given.GetValue(transports)!,
            Beside = given.GetValue(beside) ?? [],
            Scenarios = given.GetValue(scenarios) is { Length: > 0 } named
                ? named
                : [.. ScenarioCatalog.Usual(given.GetValue(quick), given.GetValue(url) is null ? given.GetValue(nodes) : 0)
                    .Select(scenario => scenario.Name)],
            Readers = given.GetValue(readers),
            Rate = given.GetValue(rate),
            Duration = TimeSpan.FromSeconds(given.GetValue(duration) ?? (given.GetValue(quick) ? QuickSeconds : UsualSeconds)),
            PayloadBytes = given.GetValue(payload),
            Seed = given.GetValue(seed),
            Markdown = given.GetValue(markdown),
            Given = string.Join(' ', given.Tokens.Select(option => option.Value)
                .Select(word => word == given.GetValue(token) ? "…" : word)),
            Rounds = given.GetValue(rounds) ?? UsualRounds,
        }, cancel));
        root.Subcommands.Add(PeerServer.CreateCommand());
        return root;
    }

    private static string Description() =>
        "Measures the ways to receive notifications against each other, on real orders, and writes comparison.json and comparison.html.\n\n"
        + "Scenarios:\n" + string.Concat(ScenarioCatalog.All.Select(scenario => $"  {scenario.Name,-16} {scenario.Meaning}\n"))
        + "\nFigures (medians of rounds; in the files with their interval of 95 %, which with five rounds or fewer is all of them):\n"
        + string.Concat(Figure.All.Select(figure => $"  {$"{figure.Title} [{figure.Unit}]",-24} {figure.Meaning}\n"))
        + "\nLost and doubled deliveries must be none; what is lost had not come 10 s after the last publish.";

    private static string Names(IEnumerable<IScenario> scenarios) => string.Join(" and ", scenarios.Select(scenario => scenario.Name));

    private static Option<int> Number(string name, string meaning, int usual, int least, int most)
    {
        var option = new Option<int>(name) { Description = $"{meaning}, {least} to {most}", DefaultValueFactory = _ => usual };
        Bound(option, least, most);
        return option;
    }

    private static void Bound<T>(Option<T> option, int least, int most) => option.Validators.Add(given =>
    {
        var text = given.Tokens.Count == 0 ? null : given.Tokens[^1].Value;
        if (text is not null && (!int.TryParse(text, CultureInfo.InvariantCulture, out var value) || value < least || value > most))
            given.AddError($"{option.Name} must be a whole number from {least} to {most}; it is '{text}'.");
    });

    private static Uri? ParseUrl(ArgumentResult given)
    {
        if (Uri.TryCreate(given.Tokens[0].Value, UriKind.Absolute, out var url) && url.Scheme == Uri.UriSchemeHttp) return url;
        given.AddError("--url must be an absolute address that begins with http://.");
        return null;
    }
}
