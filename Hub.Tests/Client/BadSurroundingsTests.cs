using Realtime.Client;
using Realtime.Tests.Client.Waking;
using Realtime.Tests.Delivery;
using Realtime.Tests.Support;

namespace Realtime.Tests.Client;

/// <summary>What is wrong around a feed: its state, its line in the log, and how it goes on. As docs/clients.md says.</summary>
internal sealed class BadSurroundingsTests : OrderFeedFixture
{
    private const int Reconnecting = 12, NotSaved = 15, SavedAgain = 28, CallbackFailed = 19;

    /// <summary>A machine's resolver waits 5 s for each answer that is lost, and asks again.</summary>
    private static readonly TimeSpan Resolving = TimeSpan.FromSeconds(60);

    private States _states = null!;
    private LogIds _log = null!;

    private OrderFeedOptions Watched => Options() with { OnStateChanged = _states.Add, LoggerFactory = _log };

    [SetUp]
    public void Begin() => (_states, _log) = (new(), new());

    [Test]
    public async Task A_token_provider_that_hangs_is_given_up_and_asked_again(CancellationToken cancel)
    {
        var asked = 0;
        await using var feed = await OrderFeed.ConnectAsync(Watched with
        {
            TokenTimeout = TimeSpan.FromMilliseconds(200),
            // The first call ignores its token, the second observes it.
            Token = async stop =>
            {
                if (++asked <= 2) await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, asked == 1 ? cancel : stop);
                return Tokens.For(User);
            },
        }, cancel);
        Assert.That(_log.Texts(Reconnecting), Has.Count.EqualTo(2).And.All.Contains("No token: Token took over 0.2 s."));
    }

    [Test]
    public async Task A_gap_handler_that_throws_ends_the_loop_and_is_called_again_by_the_next(CancellationToken cancel)
    {
        var store = new MemoryCursorStore();
        await Server.PublishAsync(User, "order 1", cancel);
        await Server.PublishAsync(User + "-other", "theirs", cancel);
        await using (var other = await FeedReader.StartAsync(Options() with { Token = _ => new(Tokens.For(User + "-other")) }, cancel))
            await store.SaveAsync(new(Server.Address.AbsoluteUri, User), (await other.NextAsync(cancel)).Cursor, cancel);
        var calls = 0;
        await using var feed = await OrderFeed.ConnectAsync(Watched with
        {
            CursorStore = store,
            OnGap = (_, _) => ++calls == 1 ? throw new FormatException("The handler has a fault.") : default,
        }, cancel);
        Assert.That(async () => await FirstAsync(feed, cancel), Throws.TypeOf<FormatException>());
        Assert.That(await FirstAsync(feed, cancel), Is.EqualTo("order 1"));
        Assert.That(calls, Is.EqualTo(2));
        Assert.That(_log.Has(CallbackFailed), Is.False, "the loop's exception is the program's");
    }

    [Test]
    public async Task A_folder_that_cannot_be_written_costs_no_notification_and_is_logged_once(CancellationToken cancel)
    {
        Requires.Linux();
        for (var n = 1; n <= 3; n++) await Server.PublishAsync(User, $"order {n}", cancel);
        // Also root cannot make a folder there.
        var store = new FileCursorStore("/sys/realtime-cursors");
        await using (var reader = await FeedReader.StartAsync(Watched with { CursorStore = store }, cancel))
            Assert.That(await reader.TakeAsync(3, cancel), Has.Count.EqualTo(3));
        Assert.That(_log.Texts(NotSaved), Has.Count.EqualTo(1).And.All.Contains("/sys/realtime-cursors"));
    }

    [Test]
    public async Task A_disk_that_was_full_is_logged_when_it_is_full_and_when_it_no_longer_is(CancellationToken cancel)
    {
        var store = new FullDisk();
        await using var reader = await FeedReader.StartAsync(Watched with { CursorStore = store }, cancel);
        for (var n = 1; n <= 3; n++)
        {
            if (n == 3) store.IsFull = false;
            await Server.PublishAsync(User, $"order {n}", cancel);
            Assert.That(await reader.TakeAsync(1, cancel), Is.EqualTo([$"user:{User} {n} order {n}"]));
        }
        await Eventually.True("it is saved again", () => _log.Has(SavedAgain), cancel);
        Assert.That(_log.Texts(NotSaved), Has.Count.EqualTo(1).And.All.Contains("No space left on device"));
        Assert.That(_states.Last!.Phase, Is.EqualTo(FeedPhase.Live).Or.EqualTo(FeedPhase.CatchingUp));
    }

    [TestCase(Transport.WebSockets)]
    [TestCase(Transport.EventSource)]
    public async Task A_name_that_does_not_resolve_is_named_and_tried_again(Transport transport, CancellationToken cancel)
    {
        var failed = await FirstFailureAsync(new("http://hub.invalid:5080"), [transport, Transport.LongPolling], cancel);
        Assert.That(failed.Reason, Does.Contain("hub.invalid").And.Not.Contain("·"), "other transports are not tried");
        Assert.That(failed.ReconnectIn, Is.Not.Null);
        Assert.That(_log.Texts(Reconnecting)[0], Does.Contain("hub.invalid"));
    }

    [TestCase(Transport.WebSockets)]
    [TestCase(Transport.ServerSentEvents)]
    public async Task A_certificate_that_is_not_trusted_is_named_and_tried_again(Transport transport, CancellationToken cancel)
    {
        await using var tls = new TlsProxy(Server.Port, "localhost");
        var failed = await FirstFailureAsync(new($"https://localhost:{tls.Port}"), [transport, Transport.LongPolling], cancel);
        Assert.That(failed.Reason, Does.StartWith("The server's certificate is not trusted").And.Not.Contain("·"));
        Assert.That(failed.ReconnectIn, Is.Not.Null);
        Assert.That(_log.Texts(Reconnecting)[0], Does.Contain("certificate is not trusted"));
    }

    private async Task<FeedState> FirstFailureAsync(Uri server, Transport[] transports, CancellationToken cancel)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var connecting = OrderFeed.ConnectAsync(Watched with { Server = server, Transports = transports }, enough.Token);
        await Eventually.True(
            "it has failed twice", () => _states.Phases.Count(phase => phase == FeedPhase.Reconnecting) == 2, Resolving, cancel);
        await enough.CancelAsync();
        Assert.That(async () => await connecting, Throws.InstanceOf<OperationCanceledException>());
        return _states.All.First(state => state.Phase == FeedPhase.Reconnecting);
    }

    private static async Task<string> FirstAsync(OrderFeed feed, CancellationToken cancel)
    {
        await foreach (var order in feed.ReadAllAsync(cancel)) return order.OrderId;
        return "none";
    }

    private sealed class FullDisk : ICursorStore
    {
        public bool IsFull { get; set; } = true;

        public ValueTask<string?> LoadAsync(CursorKey key, CancellationToken cancel) => default;

        public ValueTask SaveAsync(CursorKey key, string cursor, CancellationToken cancel) =>
            IsFull ? throw new IOException("No space left on device") : default;
    }
}
