using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using Realtime.Client;
using Realtime.Tests.Delivery;
using Realtime.Tests.Support;

namespace Realtime.Tests.Routing.Refreshes;

/// <summary>
/// Stock clients and ours stay connected from one token to the next, on three nodes behind a balancer that spreads every request.
/// </summary>
/// <remarks>walk.mjs does the same with those of npm.</remarks>
[TestFixture(2)]
[TestFixture(20, Category = "Campaign")]
[CancelAfter(600_000)]
[Parallelizable(ParallelScope.Children)]
internal sealed class StockRefreshTests(int refreshes)
{
    private const string Program = "Hub.Tests/StockClients/SignalR11";

    /// <summary>How long each token lives. SignalR 11's client refreshes a short one at half of its life.</summary>
    private const int Seconds = 12;

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
    public async Task SignalR_11_refreshes_by_itself([ValueSource(nameof(Transports))] Transport transport, CancellationToken cancel)
    {
        var user = $"eleven-{transport}";
        var start = new ProcessStartInfo(
            DotNetHost.Path,
            [Repository.BuildOutputOf(Program), _hub.GetLeftPart(UriPartial.Authority), $"{transport}", user, $"{Seconds}"]);
        DotNetHost.ForgetServerVariables(start);
        start.Environment["HUB_SIGNING_KEY"] = Tokens.SigningKey;
        using var client = ChildProcess.Start(start, keepInput: true);
        await Eventually.True("the stream begins", () => Lines("item ").Any(), cancel);

        var published = await PublishUntilAsync(user, () => Lines("refreshed ").Count() >= refreshes, cancel);
        await Eventually.Equal(
            "it has all", () => Task.FromResult<IReadOnlyList<string>>([.. Orders()]), published, Eventually.DefaultLimit, cancel);
        foreach (var trouble in new[] { "refresh failed", "reconnecting", "closed", "stream ended" })
            Assert.That(Lines(trouble), Is.Empty, client.Output);
        Assert.That(Lines("refreshed ").Select(int.Parse), Is.All.InRange(Seconds / 2, Seconds));

        IEnumerable<string> Lines(string start) => client.Output.Split('\n')
            .Where(line => line.StartsWith(start, StringComparison.Ordinal)).Select(line => line[start.Length..]);

        IEnumerable<string> Orders() => Lines("item ").Select(line => JsonDocument.Parse(line).RootElement)
            .Where(item => item.IsNotification()).Select(item => item.GetProperty("orderId").GetString()!);
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
