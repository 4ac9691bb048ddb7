using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using Realtime.Tests.Delivery;
using Realtime.Tests.Support;

namespace Realtime.Tests.Samples;

/// <summary>The sample <c>Hub.Client/samples/Desktop</c>, as a user sees it in a terminal.</summary>
[CancelAfter(180_000)]
internal sealed class DesktopTests
{
    private const string User = "ann";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private static readonly string Sample = Path.Combine(
        Path.GetDirectoryName(Repository.BuildOutputOf("Hub.Client/samples/Desktop"))!, "Desktop.dll");

    private ServerProcess _server = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _server = await ServerProcess.StartAsync(
        new() { Settings = new Dictionary<string, string> { ["Hub:Auth:SigningKey"] = Tokens.SigningKey } });

    [OneTimeTearDown]
    public async Task StopAsync() => await _server.DisposeAsync();

    [Test]
    public async Task Orders_are_shown_as_they_come_and_what_was_missed_follows_a_cut(CancellationToken cancel)
    {
        using var terminal = await OpenAsync(User, cancel);
        await terminal.ShowsAsync("● Live · WebSockets (automatic)", cancel);
        await _server.PublishAsync(User, "CA-1", cancel);
        await terminal.ShowsAsync("CA-1 ", cancel);
        await terminal.ShowsAsync("1 unread", cancel);

        await terminal.PressAsync("c", cancel);
        await terminal.ShowsAsync("○ Cut: press C to catch up", cancel);
        await _server.PublishAsync(User, "CA-2", cancel);
        await _server.PublishAsync(User, "CA-3", cancel);
        Assert.That(await terminal.ScreenAsync(cancel), Does.Not.Contain("CA-2"));
        await terminal.PressAsync("c", cancel);
        await terminal.ShowsAsync("3 came, 2 of them while the link was down.", cancel);
        await terminal.ShowsAsync("● Live", cancel);
        await terminal.ShowsAsync("3 unread", cancel);
        Assert.That(OrdersOn(await terminal.ScreenAsync(cancel)), Is.EqualTo(["CA-3", "CA-2", "CA-1"]));

        await terminal.PressAsync("a", cancel);
        await terminal.ShowsAsync("Acknowledged, on all devices of the user.", cancel);
        await terminal.ShowsAsync(" 0 unread", cancel);
        var unread = await _server.HistoryAsync(Tokens.For(User), "/unread", cancel);
        Assert.That(unread.GetProperty("unread").GetInt64(), Is.Zero);

        TestContext.Out.WriteLine(await terminal.ScreenAsync(cancel));
        await terminal.PressAsync("q", cancel);
        Assert.That(await terminal.ExitAsync(cancel), Is.Zero);
    }

    [Test]
    public async Task A_key_walks_through_the_transports_without_losing_an_order(CancellationToken cancel)
    {
        using var terminal = await OpenAsync("bob", cancel);
        await terminal.ShowsAsync("● Live", cancel);
        var n = 0;
        foreach (var shown in (string[])["WebSockets (websockets)", "ServerSentEvents (sse)", "LongPolling (long-polling)",
            "EventSource (eventsource)"])
        {
            await terminal.PressAsync("t", cancel);
            await terminal.ShowsAsync($"● Live · {shown}", cancel);
            await _server.PublishAsync("bob", $"CA-{++n}", cancel);
            await terminal.ShowsAsync($"CA-{n} ", cancel);
        }
        Assert.That(OrdersOn(await terminal.ScreenAsync(cancel)), Is.EqualTo(["CA-4", "CA-3", "CA-2", "CA-1"]));
    }

    [Test]
    public async Task A_server_that_is_down_is_waited_for_with_a_countdown(CancellationToken cancel)
    {
        await using var server = await TestServer.StartAsync(cancel: cancel);
        using var terminal = await OpenAsync(server, new() { ["HUB_TOKEN"] = Tokens.For(User) }, [], cancel);
        await terminal.ShowsAsync("● Live", cancel);
        await server.KillAsync();
        await terminal.BecomesAsync("the screen counts down from more than a second",
            screen => screen.Contains("◌ Reconnecting in ", StringComparison.Ordinal)
                && !screen.Contains("in 0 s", StringComparison.Ordinal) && !screen.Contains("in 1 s", StringComparison.Ordinal), cancel);
        await terminal.BecomesAsync("the countdown comes to its last second",
            screen => screen.Contains("◌ Reconnecting in 1 s", StringComparison.Ordinal), cancel);
        await server.StartAgainAsync(cancel);
        await terminal.PressAsync("r", cancel);
        await terminal.ShowsAsync("● Live", cancel);
    }

    [Test]
    public async Task The_newest_thousand_orders_are_kept_and_can_be_scrolled(CancellationToken cancel)
    {
        using var terminal = await OpenAsync("carol", cancel);
        await terminal.ShowsAsync("● Live", cancel);
        await PublishBatchAsync("carol", 1_005, cancel);
        await terminal.ShowsAsync("1,005 came", cancel);
        await terminal.ShowsAsync("CA-1005 ", cancel);
        await terminal.PressAsync("End", cancel);
        await terminal.ShowsAsync("CA-6 ", cancel);
        Assert.That(OrdersOn(await terminal.ScreenAsync(cancel))[^1], Is.EqualTo("CA-6"));
    }

    [Test]
    public async Task An_order_cannot_control_the_terminal(CancellationToken cancel)
    {
        using var terminal = await OpenAsync("dora", cancel);
        await terminal.ShowsAsync("● Live", cancel);
        Assert.That(await _server.PublishTextAsync(
            """{"to":{"users":["dora"]},"type":"order.created","orderId":"CA-1","data":{"note":"a\u001b[2Jb"}}""", cancel),
            Is.EqualTo(202));
        await terminal.ShowsAsync("note a [2Jb", cancel);
        Assert.That(await terminal.ScreenAsync(cancel), Does.Contain("● Live"));
    }

    [TestCase("--server", "ftp://hub", "--server must be an address that begins with http:// or https://")]
    [TestCase("--transport", "pigeon", "Argument 'pigeon' not recognized")]
    public async Task An_option_that_is_wrong_is_refused(string option, string value, string sentence, CancellationToken cancel)
    {
        var (code, output) = await RunAsync([option, value], cancel);
        Assert.That(code, Is.EqualTo(1));
        Assert.That(output, Does.Contain(sentence));
    }

    [Test]
    public async Task Its_help_names_the_keys_and_the_defaults(CancellationToken cancel)
    {
        var (code, output) = await RunAsync(["--help"], cancel);
        Assert.That(code, Is.Zero);
        Assert.That(output, Does.Contain("T next transport").And.Contain("http://localhost:5080").And.Contain("HUB_TOKEN"));
    }

    [Test]
    public async Task It_says_that_it_needs_a_terminal(CancellationToken cancel)
    {
        var (code, output) = await RunAsync([], cancel);
        Assert.That(code, Is.EqualTo(1));
        Assert.That(output, Does.Contain("start it without redirecting its input and output"));
    }

    [Test]
    public async Task A_server_that_signs_no_tokens_is_named_with_the_remedy(CancellationToken cancel)
    {
        await using var server = await TestServer.StartAsync(cancel: cancel);
        using var terminal = await OpenAsync(server, [], [], cancel);
        await terminal.ShowsAsync("Set HUB_TOKEN to a token", cancel);
        Assert.That(await terminal.ExitAsync(cancel), Is.EqualTo(1));
    }

    [Test]
    public async Task A_token_that_the_server_refuses_closes_the_feed_with_its_reason(CancellationToken cancel)
    {
        var token = Tokens.Mint(new { sub = User, exp = 4_000_000_000 }, key: "another-key-0123456789abcdef0123456789abcdef");
        using var terminal = await OpenAsync(_server, new() { ["HUB_TOKEN"] = token }, [], cancel);
        await terminal.ShowsAsync("■ Closed", cancel);
        await terminal.ShowsAsync("refuses the token (401)", cancel);
    }

    [Test]
    public async Task A_token_that_names_no_user_closes_the_feed_with_its_reason(CancellationToken cancel)
    {
        using var terminal = await OpenAsync(_server, new() { ["HUB_TOKEN"] = "nonsense" }, [], cancel);
        await terminal.ShowsAsync("■ Closed", cancel);
        await terminal.ShowsAsync("sub", cancel);
    }

    [Test]
    public async Task A_token_and_a_user_are_not_given_together(CancellationToken cancel)
    {
        using var terminal = await OpenAsync(_server, new() { ["HUB_TOKEN"] = Tokens.For(User) }, ["--user", User], cancel);
        await terminal.ShowsAsync("leave out --user and --groups, or unset the variable", cancel);
        Assert.That(await terminal.ExitAsync(cancel), Is.EqualTo(1));
    }

    private Task<Terminal> OpenAsync(string user, CancellationToken cancel) => OpenAsync(_server, [], ["--user", user], cancel);

    private static Task<Terminal> OpenAsync(
        ServerProcess server, Dictionary<string, string> variables, string[] options, CancellationToken cancel) =>
        Terminal.StartAsync(variables, [DotNetHost.Path, Sample, "--server", server.Address.AbsoluteUri, .. options], cancel);

    private static async Task<(int Code, string Output)> RunAsync(string[] options, CancellationToken cancel)
    {
        using var program = ChildProcess.Start(new ProcessStartInfo(DotNetHost.Path, [Sample, .. options]));
        return (await program.ExitAsync(Limit, cancel), program.Output);
    }

    /// <summary>The orders of the list, from the top.</summary>
    private static List<string> OrdersOn(string screen) =>
    [
        .. screen.Split('\n').SelectMany(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(word => word.StartsWith("CA-", StringComparison.Ordinal)),
    ];

    private async Task PublishBatchAsync(string user, int count, CancellationToken cancel)
    {
        using var request = TestServer.Request(HttpMethod.Post, "/api/notifications/batch", Tokens.Publisher());
        request.Content = new StringContent(string.Concat(Enumerable.Range(1, count).Select(n => JsonSerializer.Serialize(new
        {
            to = new { users = new[] { user } },
            type = "order.created",
            orderId = string.Create(CultureInfo.InvariantCulture, $"CA-{n}"),
        }) + "\n")), new MediaTypeHeaderValue("application/x-ndjson"));
        using var answer = await _server.Http.SendAsync(request, cancel);
        var lines = (await answer.Content.ReadAsStringAsync(cancel)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.That(lines.Count(line => line.Contains("\"accepted\"", StringComparison.Ordinal)), Is.EqualTo(count));
    }
}
