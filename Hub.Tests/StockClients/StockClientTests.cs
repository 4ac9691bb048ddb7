using System.Diagnostics;
using Realtime.Tests.Delivery;
using Realtime.Tests.Support;

namespace Realtime.Tests.StockClients;

/// <summary>
/// walk.mjs, run against the real server: docs/PROTOCOL.md as the stock npm clients see it, a case for each of its checks.
/// </summary>
internal sealed class StockClientTests
{
    private const string Folder = "Hub.Tests/StockClients";

    // Small, so that a gap is quick to provoke.
    private const string RetentionCount = "40";

    private static readonly TimeSpan WalkLimit = TimeSpan.FromMinutes(3);

    private static readonly string[] Hubs = ["WebSockets", "WebSockets without negotiation", "ServerSentEvents", "LongPolling"];

    private static readonly string[] OnEveryWay =
    [
        "begins with a bare position",
        "delivers what is published, as it was published",
        "delivers the deepest data that is accepted",
        "delivers once per topic, and nobody else's",
        "catches up from a cursor, once and in order, and goes on live",
        "begins behind what is acknowledged when it has no cursor",
        "is told of a gap with its borders",
        "is told before its token expires, and the stream ends",
    ];

    private static readonly string[] OnEveryHub =
    [
        "lets the first subscription complete when a second begins", "says that a cursor is bad", "acknowledges and counts",
        "goes on with the groups of another token",
    ];

    private static readonly string[] Others =
    [
        "EventSource: names its events and resumes by itself after a cut",
        "EventSource: gives up on a malformed after",
        "HTTP: publishing answers with topics in order, repeats with the first answer",
        "HTTP: a batch answers line by line",
        "HTTP: history comes in pages",
        "HTTP: refusals are problems",
        "HTTP: health needs no token",
        "SignalR: falls back to what it is allowed and chooses by itself",
    ];

    private Dictionary<string, string> _outcomes = [];   // "ok", or why not, by the check's name

    private static string[] Names() =>
    [
        .. Hubs.SelectMany(way => OnEveryWay.Concat(OnEveryHub).Select(check => $"{way}: {check}")),
        .. OnEveryWay.Select(check => $"EventSource: {check}"), .. Others,
    ];

    [OneTimeSetUp]
    public async Task WalkAsync()
    {
        Requires.NpmPackages(Folder);
        await using var server = await TestServer.StartAsync(new Dictionary<string, string> { ["Hub:Retention:Count"] = RetentionCount });
        var (_, output) = await RunAsync(server.Address, "");
        _outcomes = Read(output);
    }

    [TestCaseSource(nameof(Names))]
    public void A_stock_client(string check)
    {
        Assert.That(_outcomes, Does.ContainKey(check), "it did not run");
        Assert.That(_outcomes[check], Is.EqualTo("ok"));
    }

    [Test]
    public void Every_check_that_ran_is_a_case_here() => Assert.That(_outcomes.Keys, Is.EquivalentTo(Names()));

    [Test]
    public async Task A_walk_without_a_server_fails()
    {
        var (code, output) = await RunAsync(new Uri($"http://127.0.0.1:{FreePort.Next()}"), "HTTP: health");
        Assert.That(code, Is.EqualTo(1));
        Assert.That(Read(output)["HTTP: health needs no token"], Does.Contain("fetch failed"));
    }

    private static async Task<(int Code, string Output)> RunAsync(Uri server, string filter)
    {
        var start = new ProcessStartInfo(
            Requires.Command("node"))
        { WorkingDirectory = Repository.PathOf(Folder), ArgumentList = { "walk.mjs", filter } };
        start.Environment["HUB_URLS"] = server.GetLeftPart(UriPartial.Authority);
        start.Environment["HUB_SIGNING_KEY"] = Tokens.SigningKey;
        start.Environment["HUB_RETENTION_COUNT"] = RetentionCount;
        using var node = ChildProcess.Start(start);
        var code = await node.ExitAsync(WalkLimit);
        return (code, node.Output);
    }

    private static Dictionary<string, string> Read(string output)
    {
        var outcomes = new Dictionary<string, string>();
        foreach (var line in output.Split('\n'))
        {
            if (line.StartsWith("ok ", StringComparison.Ordinal)) outcomes[line["ok ".Length..]] = "ok";
            if (!line.StartsWith("not ok ", StringComparison.Ordinal)) continue;
            // A check's own name may hold a colon too.
            var name = Names().FirstOrDefault(one => line.StartsWith($"not ok {one}: ", StringComparison.Ordinal))
                ?? line["not ok ".Length..];
            outcomes[name] = line[Math.Min(line.Length, "not ok ".Length + name.Length)..].TrimStart(':', ' ');
        }
        return outcomes;
    }
}
