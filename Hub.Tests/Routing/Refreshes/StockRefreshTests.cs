using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using Realtime.Client;
using Realtime.Tests.Browser;
using Realtime.Tests.Delivery;
using Realtime.Tests.Support;

namespace Realtime.Tests.Routing.Refreshes;

/// <summary>
/// Stock clients and ours stay connected from one token to the next, on three nodes behind a balancer that spreads every request.
/// </summary>
[TestFixture(2)]
[TestFixture(20, Category = "Campaign")]
[CancelAfter(600_000)]
[Parallelizable(ParallelScope.Children)]
internal sealed class StockRefreshTests(int refreshes)
{
    private const string StockClients = "Hub.Tests/StockClients";
    private const string Program = $"{StockClients}/SignalR11";

    /// <summary>
    /// How long each token lives. Clients refresh a short one at half of its life, by timers that stand still with the machine: a shared
    /// one was seen to stop for 5 s, and then tokens of 12 s ended before their refresh was due.
    /// </summary>
    private const int Seconds = 20;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly AsyncDisposables _started = new();
    private Node[] _nodes = [];
    private Uri _hub = null!;

    private static Transport[] Transports { get; } = [Transport.WebSockets, Transport.ServerSentEvents, Transport.LongPolling];

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        if (refreshes > 2) Requires.Campaigns();
        var redis = _started.Add(await RedisServers.StartAsync());
        _nodes = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Node.StartAsync(redis)));
        foreach (var node in _nodes) _started.Add(node);
        _hub = _started.Add(await Balancer.StartNginxAsync([.. _nodes.Select(node => node.Server.Port)])).Address;
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await _started.DisposeAsync();

    [Test]
    public Task SignalR_11_refreshes_by_itself([ValueSource(nameof(Transports))] Transport transport, CancellationToken cancel)
    {
        var user = $"eleven-{transport}";
        var server = _hub.GetLeftPart(UriPartial.Authority);
        var start = new ProcessStartInfo(DotNetHost.Path, [Repository.BuildOutputOf(Program), server, $"{transport}", user, $"{Seconds}"]);
        DotNetHost.ForgetServerVariables(start);
        return FollowAsync(start, user, cancel);
    }

    [Test]
    public Task The_stock_client_of_npm_refreshes_by_the_hubs_method(
        [ValueSource(nameof(Transports))] Transport transport, CancellationToken cancel) =>
        FollowAsync(InNode(transport, $"npm-{transport}"), $"npm-{transport}", cancel);

    [Test]
    public async Task The_TypeScript_library_refreshes_by_itself(
        [ValueSource(nameof(Transports))] Transport transport, CancellationToken cancel)
    {
        var start = InNode(transport, $"library-{transport}");
        start.ArgumentList.Add(await ClientBundle.ForNode.Value);
        await FollowAsync(start, $"library-{transport}", cancel);
    }

    [Test]
    public async Task An_EventSource_goes_on_when_its_session_is_begun_again(CancellationToken cancel)
    {
        const string user = "event-source";
        var cookie = await SessionAsync(null);
        // A node that has just started has none of the keys of sessions.
        foreach (var node in _nodes)
            await Eventually.True("the node reads the cookie", async () => await ReadAsync(node) == 200, cancel);
        await using var stream = await EventStreamReceiver.ConnectByCookieAsync(_hub, cookie, cancel);
        Assert.That((await stream.NextAsync(cancel))!.Value.IsPosition());
        var refreshing = RefreshAsync();
        var published = await PublishUntilAsync(user, () => refreshing.IsCompleted, cancel);
        await refreshing;
        Assert.That(
            (await stream.TakeAsync(published.Count, cancel)).Select(item => item.GetProperty("orderId").GetString()),
            Is.EqualTo(published));

        async Task RefreshAsync()
        {
            for (var n = 0; n < refreshes; n++)
            {
                await Task.Delay(TimeSpan.FromSeconds(Seconds / 2.0), TimeProvider.System, cancel);
                cookie = await SessionAsync(cookie);
            }
            await Task.Delay(TimeSpan.FromSeconds(Seconds / 2.0), TimeProvider.System, cancel);
        }

        async Task<int> ReadAsync(Node node) => (await RawHttp.SendAsync(
            node.Address, "GET", "/api/notifications/unread", null, null, cancel, $"Cookie: {cookie}")).Status;

        async Task<string> SessionAsync(string? before)
        {
            var token = Tokens.For(user, TimeProvider.System.GetUtcNow().AddSeconds(Seconds));
            var answer = await RawHttp.SendAsync(
                _hub, "POST", "/api/session", token, [], cancel, before is null ? [] : [$"Cookie: {before}"]);
            Assert.That(answer.Status, Is.EqualTo(204), answer.Text);
            return answer["Set-Cookie"]!.Split(';')[0];
        }
    }

    [Test]
    public async Task SignalR_10_refreshes_by_the_hubs_method(
        [ValueSource(nameof(Transports))] Transport transport, CancellationToken cancel)
    {
        var user = $"ten-{transport}";
        await using var client = await RefreshedClient.ConnectAsync(_hub, NewToken, transport, cancel);
        await client.SubscribeAsync(cancel);
        var connectionId = client.Receiver.Connection.ConnectionId;
        var done = 0;
        var refreshing = RefreshAsync();
        var published = await PublishUntilAsync(user, () => refreshing.IsCompleted, cancel);
        await refreshing;
        Assert.That(
            (await client.Receiver.TakeAsync(published.Count, cancel)).Select(item => item.GetProperty("orderId").GetString()),
            Is.EqualTo(published));
        Assert.That(client.Receiver.Connection.ConnectionId, Is.EqualTo(connectionId));
        Assert.That(done, Is.EqualTo(refreshes));

        async Task RefreshAsync()
        {
            var life = Seconds;
            while (done < refreshes)
            {
                await Task.Delay(TimeSpan.FromSeconds(life / 4.0), TimeProvider.System, cancel);
                life = await client.InvokeRefreshAsync(NewToken(), cancel);
                done++;
            }
        }

        string NewToken() => Tokens.For(user, TimeProvider.System.GetUtcNow().AddSeconds(Seconds));
    }

    [Test]
    public async Task Our_client_refreshes_by_itself([ValueSource(nameof(Transports))] Transport transport, CancellationToken cancel)
    {
        var (user, tokens, phases) = ($"ours-{transport}", 0, new ConcurrentQueue<FeedPhase>());
        await using var feed = await OrderFeed.ConnectAsync(new()
        {
            Server = _hub,
            Transports = [transport],
            StartFrom = StartFrom.Latest,
            Token = _ =>
            {
                Interlocked.Increment(ref tokens);
                return ValueTask.FromResult(Tokens.For(user, TimeProvider.System.GetUtcNow().AddSeconds(Seconds)));
            },
            OnStateChanged = state => phases.Enqueue(state.Phase),
        }, cancel);
        var orders = new ConcurrentQueue<string>();
        var reading = ReadAsync();
        var published = await PublishUntilAsync(user, () => Volatile.Read(ref tokens) > refreshes, cancel);
        await Eventually.Equal(
            "it has all", () => Task.FromResult<IReadOnlyList<string>>([.. orders]), published, Eventually.DefaultLimit, cancel);
        Assert.That(phases, Has.None.EqualTo(FeedPhase.Reconnecting).And.None.EqualTo(FeedPhase.Closed));
        await feed.DisposeAsync();
        await reading;

        async Task ReadAsync()
        {
            await foreach (var notification in feed.ReadAllAsync(cancel)) orders.Enqueue(notification.OrderId);
        }
    }

    /// <summary>The stock client of npm, or the library whose path is one more argument.</summary>
    private ProcessStartInfo InNode(Transport transport, string user)
    {
        Requires.NpmPackages(StockClients);
        var start = new ProcessStartInfo(Requires.Command("node"), ["refresh.mjs", $"{transport}", user, $"{Seconds}"])
        {
            WorkingDirectory = Repository.PathOf(StockClients),
        };
        start.Environment["HUB_URLS"] = _hub.GetLeftPart(UriPartial.Authority);
        return start;
    }

    /// <summary>Follows a program that prints what happens to its reader.</summary>
    private async Task FollowAsync(ProcessStartInfo start, string user, CancellationToken cancel)
    {
        start.Environment["HUB_SIGNING_KEY"] = Tokens.SigningKey;
        using var client = ChildProcess.Start(start, keepInput: true);
        // The library says that it is live, the others get a position.
        await Eventually.True("the stream begins", () => Lines("item ").Any() || Lines("live").Any(), cancel);

        var published = await PublishUntilAsync(user, () => Lines("refreshed ").Count() >= refreshes, cancel);
        await Eventually.Equal(
            "it has all", () => Task.FromResult<IReadOnlyList<string>>([.. Orders()]), published, Eventually.DefaultLimit, cancel);
        foreach (var trouble in new[] { "refresh failed", "reconnecting", "closed", "stream ended", "gap", "problem" })
            Assert.That(Lines(trouble), Is.Empty, client.Output);
        Assert.That(Lines("refreshed ").Select(int.Parse), Is.All.InRange(Seconds / 2, Seconds + 1));

        IEnumerable<string> Lines(string start) => client.Output.Split('\n')
            .Where(line => line.StartsWith(start, StringComparison.Ordinal)).Select(line => line[start.Length..]);

        IEnumerable<string> Orders() => Lines("item ").Select(line => JsonDocument.Parse(line).RootElement)
            .Where(item => item.IsNotification()).Select(item => item.GetProperty("orderId").GetString()!);
    }

    private async Task<List<string>> PublishUntilAsync(string user, Func<bool> isDone, CancellationToken cancel)
    {
        var published = new List<string>();
        while (!isDone())
        {
            published.Add($"{published.Count}");
            await _nodes[published.Count % _nodes.Length].Server.PublishAsync(user, published[^1], cancel);
            await Task.Delay(Pause, TimeProvider.System, cancel);
        }
        return published;
    }
}
