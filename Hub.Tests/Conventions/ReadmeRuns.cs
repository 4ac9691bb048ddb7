using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Realtime.Tests.Delivery;
using Realtime.Tests.Support;

namespace Realtime.Tests.Conventions;

/// <summary>What the README tells its readers to type, typed, against a server as they would start it.</summary>
[CancelAfter(240_000)]
internal sealed partial class ReadmeRuns
{
    private const string Address = "localhost:5080";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private ServerProcess _server = null!;

    [OneTimeSetUp]
    public async Task StartServerAsync() => _server = await ServerProcess.StartAsync();

    [OneTimeTearDown]
    public async Task StopServerAsync() => await _server.DisposeAsync();

    [Test]
    public async Task The_quick_start_delivers_and_then_delivers_what_was_missed(CancellationToken cancel)
    {
        using var bash = new BashSession();
        await bash.RunAsync(Here("tokens"), cancel);
        await bash.RunAsync(Here("subscribe"), cancel);
        await bash.ShowsAsync("the stream begins", output => output.Contains("event: heartbeat", StringComparison.Ordinal), cancel);
        await bash.RunAsync(Here("publish"), cancel);
        Assert.That(
            bash.Output, Does.Match(Readme.Shape(Readme.Spans.Single(span => span.Contains("\"accepted\"", StringComparison.Ordinal)))));
        await bash.ShowsAsync("the subscriber gets it", Readme.Shape(Readme.BlockOf("received")).IsMatch, cancel);

        await bash.RunAsync(Readme.Spans.Single(span => span.StartsWith("kill %", StringComparison.Ordinal)), cancel);
        await bash.RunAsync("wait", cancel);
        var seen = bash.Output.Length;
        await bash.RunAsync($"LAST_ID='{Id().Matches(bash.Output)[^1].Groups[1].Value}'", cancel);
        await bash.RunAsync(Here("publish"), cancel);
        await bash.RunAsync(Here("publish"), cancel);
        await bash.TypeAsync(Here("resume"));
        await bash.ShowsAsync("it gets two", output => SequencesIn(output[seen..]).Count > 1, cancel);

        // And goes on live: nothing else comes between.
        using var other = new BashSession();
        await other.RunAsync(Here("tokens"), cancel);
        await other.RunAsync(Here("publish"), cancel);
        await bash.ShowsAsync("it gets one more", output => SequencesIn(output[seen..]).Count > 2, cancel);
        Assert.That(string.Join(' ', SequencesIn(bash.Output[seen..])), Is.EqualTo("2 3 4"));
    }

    [Test]
    public async Task The_csharp_snippet_prints_an_order_and_goes_on_where_it_was(CancellationToken cancel)
    {
        const string User = "carol";
        var token = await TokenAsync(User, cancel);
        using var project = await ConsoleProject.BuildAsync(new Dictionary<string, string>
        {
            ["Program.cs"] = Here("csharp"),
            ["Beside.cs"] = $$"""
                global using static Beside;

                internal static class Beside
                {
                    public static ValueTask<string> GetTokenAsync(CancellationToken cancel) => ValueTask.FromResult("{{token}}");
                }
                """,
        }, cancel);

        using (var first = project.Start())
        {
            await PublishAsync(User, "1", cancel);
            await Eventually.True(
                "it prints the order", () => first.Output.Contains("order.created 1", StringComparison.Ordinal), Limit, cancel);
            // It is saved a moment later; whoever kills a program before that gets the order again.
            var cursor = (await _server.HistoryAsync(token, "?after=earliest", cancel)).GetProperty("cursor").GetString()!;
            await Eventually.True("the position is saved", () => IsSaved(project, cursor), Limit, cancel);
            first.Send(Signal.Terminate);
            await first.ExitAsync(Limit, cancel);
        }

        await PublishAsync(User, "2", cancel);
        await PublishAsync(User, "3", cancel);
        using var second = project.Start();
        await Eventually.True(
            "it prints what it missed", () => second.Output.Contains("order.created 3", StringComparison.Ordinal), Limit, cancel);
        Assert.That(second.Output, Is.EqualTo("order.created 2\norder.created 3"));
    }

    [Test]
    public async Task The_eventsource_snippet_shows_an_order(CancellationToken cancel)
    {
        const string Clients = "Hub.Tests/StockClients", User = "erin";
        Requires.NpmPackages(Clients);
        var start = new ProcessStartInfo(Requires.Command("node")) { WorkingDirectory = Repository.PathOf(Clients) };
        start.ArgumentList.Add("--input-type=module");
        start.ArgumentList.Add("--eval");
        // What a page has and Node has not: the class, and an address of its own.
        start.ArgumentList.Add($$"""
            import { EventSource as Stock } from "eventsource";
            class EventSource extends Stock { constructor(url) { super(new URL(url, "{{_server.Address}}")); } }
            const token = "{{await TokenAsync(User, cancel)}}";
            const show = order => console.log("shown", order.type, order.orderId);
            const warn = gap => console.log("warned", gap);
            {{Readme.BlockOf("eventsource")}}
            """);
        using var node = ChildProcess.Start(start);
        await PublishAsync(User, "1", cancel);
        await Eventually.True("the page shows the order", () => node.Output.Contains("shown", StringComparison.Ordinal), Limit, cancel);
        Assert.That(node.Output, Is.EqualTo("shown order.created 1"));
    }

    /// <summary>A block as it stands there, but for the address.</summary>
    private string Here(string name) => Readme.BlockOf(name).Replace(Address, _server.Address.Authority, StringComparison.Ordinal);

    private static List<string> SequencesIn(string output) => [.. Sequence().Matches(output).Select(match => match.Groups[1].Value)];

    private static bool IsSaved(ConsoleProject project, string cursor) =>
        Path.Combine(project.Folder, "cursors") is var folder && Directory.Exists(folder)
        && Directory.EnumerateFiles(folder, "*.cursor")
        .Any(file => File.ReadAllText(file).Contains($"\"{cursor}\"", StringComparison.Ordinal));

    private async Task<string> TokenAsync(string user, CancellationToken cancel, params string[] roles)
    {
        using var answer = await _server.Http.PostAsJsonAsync(new Uri("/dev/token", UriKind.Relative), new { user, roles }, cancel);
        return (await answer.Content.ReadFromJsonAsync<JsonElement>(cancel)).GetProperty("accessToken").GetString()!;
    }

    private async Task PublishAsync(string user, string orderId, CancellationToken cancel)
    {
        using var request = TestServer.Request(HttpMethod.Post, "/api/notifications", await TokenAsync("shop", cancel, "publisher"));
        request.Content = JsonContent.Create(new { to = new { users = new[] { user } }, type = "order.created", orderId });
        using var answer = await _server.Http.SendAsync(request, cancel);
        Assert.That((int)answer.StatusCode, Is.EqualTo(202));
    }

    // Not at the beginning of a line only: two programs print to one terminal.
    [GeneratedRegex(@"id: (\S+)$", RegexOptions.Multiline)]
    private static partial Regex Id();

    [GeneratedRegex(@"^data: .*""topic"":""user:alice"",""sequence"":(\d+)", RegexOptions.Multiline)]
    private static partial Regex Sequence();
}
