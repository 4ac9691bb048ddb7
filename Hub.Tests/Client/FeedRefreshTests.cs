using System.Net;
using Microsoft.Extensions.Logging;
using Realtime.Client;
using Realtime.Tests.Delivery;
using Realtime.Tests.Support;

namespace Realtime.Tests.Client;

/// <summary>Feeds whose tokens end while they are open: on SignalR's transports they stay connected.</summary>
/// <remarks>The tests wait for tokens to grow old, so the transports, each with a server of its own, wait together.</remarks>
[TestFixture(Transport.WebSockets)]
[TestFixture(Transport.ServerSentEvents)]
[TestFixture(Transport.LongPolling)]
[Parallelizable(ParallelScope.Self)]
internal sealed class FeedRefreshTests(Transport transport) : OneTransportFixture(transport)
{
    private EverythingLogged _log = null!;
    private ILoggerFactory _loggers = null!;
    private List<string> _tokens = null!;

    /// <summary>Tokens that the server has taken for an open connection.</summary>
    private int Refreshed => _log.Lines.Count(line => line.Contains("has a new token", StringComparison.Ordinal));

    private int Asked { get { lock (_tokens) return _tokens.Count; } }

    [SetUp]
    public void Begin()
    {
        (_log, _tokens) = (new(), []);
        _loggers = _log.Factory();
    }

    [TearDown]
    public void End()
    {
        _loggers.Dispose();
        _log.Dispose();
    }

    [Test]
    public async Task A_feed_whose_tokens_last_8_seconds_stays_connected(CancellationToken cancel)
    {
        await using var reader = await StartAsync(() => Tokens.For(User, Soon()), cancel);
        var (published, looks) = (0, 0);
        for (var refresh = 1; refresh <= 4; refresh++)
        {
            await Eventually.True("the next token is in use", async () =>
            {
                // The stream goes on during each refresh.
                if (++looks % 10 == 1) await Server.PublishAsync(User, $"order {++published}", cancel);
                return Refreshed >= refresh;
            }, cancel);
        }
        await Server.PublishAsync(User, $"order {++published}", cancel);
        Assert.That(await reader.TakeAsync(published, cancel),
            Is.EqualTo(Enumerable.Range(1, published).Select(n => $"user:{User} {n} order {n}")));
        AssertStayed(reader);
        Assert.That(Requests.Statuses, Has.None.EqualTo(HttpStatusCode.Unauthorized), "later requests bring the new token");
        Assert.That(await reader.Feed.UnreadAsync(cancel), Is.EqualTo(published));
        AssertNoTokenIsLogged();
    }

    [Test]
    public async Task Groups_of_a_new_token_come_and_go_without_a_gap(CancellationToken cancel)
    {
        var (a, b, c) = ($"{User}-a", $"{User}-b", $"{User}-c");
        string[] groups = [a, b];
        await using var reader = await StartAsync(() => Tokens.For(User, Soon(), Volatile.Read(ref groups)), cancel);
        await PublishAsync("1", a, b, c);
        Assert.That(await reader.TakeAsync(2, cancel), Is.EquivalentTo([$"group:{a} 1 1", $"group:{b} 1 1"]));

        await ChangeAsync([b, c]);
        await PublishAsync("2", a);
        await PublishAsync("3", b, c);
        Assert.That(await reader.TakeAsync(2, cancel), Is.EquivalentTo([$"group:{b} 2 3", $"group:{c} 2 3"]));

        await ChangeAsync([a, b, c]);
        await PublishAsync("4", a, b, c);
        Assert.That(await reader.TakeAsync(3, cancel), Is.EquivalentTo([$"group:{a} 3 4", $"group:{b} 3 4", $"group:{c} 3 4"]));
        AssertStayed(reader);

        async Task PublishAsync(string order, params string[] to)
        {
            // One by one, because copies of the same notification are dropped.
            foreach (var group in to) await Server.PublishAsync(new { groups = new[] { group } }, order, cancel);
        }

        async Task ChangeAsync(string[] next)
        {
            Volatile.Write(ref groups, next);
            var before = Asked;
            await Eventually.True("the new groups count", () => Asked > before && Refreshed == Asked - 1, cancel);
        }
    }

    [Test]
    public async Task A_provider_without_a_newer_token_is_asked_a_few_times_and_the_feed_reconnects_at_the_end(CancellationToken cancel)
    {
        var (token, end) = ("", DateTimeOffset.MinValue);
        await using var reader = await StartAsync(() =>
        {
            if (TimeProvider.System.GetUtcNow() >= end) token = Tokens.For(User, end = Soon());
            return token;
        }, cancel);
        await States.WasAsync(FeedPhase.Reconnecting, cancel);
        Assert.That(States.All.First(state => state.Phase == FeedPhase.Reconnecting).Reason, Does.Contain("token-expired"));
        Assert.That((Refreshed, Asked), Is.EqualTo((0, 3)).Or.EqualTo((0, 4)), "for the connection, at half, and once more");
        await Server.PublishAsync(User, "order 1", cancel);
        Assert.That(await reader.TakeAsync(1, cancel), Is.EqualTo([$"user:{User} 1 order 1"]));
    }

    [Test]
    public async Task A_token_of_another_user_lets_a_feed_reconnect_that_was_opened_for_any(CancellationToken cancel)
    {
        var user = User;
        await using var reader = await StartAsync(
            () => Tokens.For(Volatile.Read(ref user), Soon()), cancel, options => options with { User = "any" });
        Volatile.Write(ref user, $"{User}-other");
        await States.WasAsync(FeedPhase.Reconnecting, cancel);
        Assert.That(
            States.All.First(state => state.Phase == FeedPhase.Reconnecting).Reason, Does.Contain("another user"));
        await States.IsAsync(FeedPhase.Live, cancel);
        await Server.PublishAsync($"{User}-other", "theirs", cancel);
        Assert.That(await reader.TakeAsync(2, cancel), Is.EqualTo(["gap  - Reset", $"user:{User}-other 1 theirs"]));
        Assert.That(Requests.Connections, Is.EqualTo(2));
    }

    [Test]
    public async Task A_token_of_another_user_ends_a_feed_that_was_opened_for_one(CancellationToken cancel)
    {
        var user = User;
        await using var reader = await StartAsync(() => Tokens.For(Volatile.Read(ref user), Soon()), cancel);
        Volatile.Write(ref user, $"{User}-other");
        Assert.That(
            async () => await reader.Loop.WaitAsync(cancel), Throws.TypeOf<OrderFeedRefusedException>().With.Message.Contains(user));
        Assert.That(Requests.Connections, Is.EqualTo(1));
    }

    private static DateTimeOffset Soon() => TimeProvider.System.GetUtcNow().AddSeconds(8);

    private Task<FeedReader> StartAsync(
        Func<string> token, CancellationToken cancel, Func<OrderFeedOptions, OrderFeedOptions>? change = null)
    {
        var options = Only() with
        {
            Token = _ =>
            {
                lock (_tokens)
                {
                    _tokens.Add(token());
                    return new(_tokens[^1]);
                }
            },
            LoggerFactory = _loggers,
        };
        return FeedReader.StartAsync(change?.Invoke(options) ?? options, cancel);
    }

    private void AssertStayed(FeedReader reader) => Assert.Multiple(() =>
    {
        Assert.That(Requests.Connections, Is.EqualTo(1));
        Assert.That(States.Phases, Has.None.EqualTo(FeedPhase.Reconnecting));
        Assert.That(States.Phases.SkipWhile(phase => phase != FeedPhase.Live), Has.All.EqualTo(FeedPhase.Live));
        Assert.That(reader.Rest(), Is.Empty, "nothing comes twice");
    });

    private void AssertNoTokenIsLogged()
    {
        lock (_tokens)
        {
            var signatures = _tokens.Select(token => token[(token.LastIndexOf('.') + 1)..]).ToList();
            Assert.That(_log.Lines.Where(line => signatures.Exists(text => line.Contains(text, StringComparison.Ordinal))), Is.Empty);
        }
    }
}
