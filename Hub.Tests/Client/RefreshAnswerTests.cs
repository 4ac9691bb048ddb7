using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection;
using Realtime.Client;
using Realtime.Tests.Support;

namespace Realtime.Tests.Client;

/// <summary>What a feed makes of the answers to a refresh, and of a provider that fails: the test moves the clock.</summary>
[TestFixture(Transport.WebSockets)]
[TestFixture(Transport.ServerSentEvents)]
[CancelAfter(60_000)]
internal sealed class RefreshAnswerTests(Transport transport)
{
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(10), Step = TimeSpan.FromSeconds(2);

    private ManualTime _time = null!;
    private States _states = null!;
    private RefreshScript _script = null!;
    private LoopbackServer _server = null!;
    private FeedLogRecorder _log = null!;
    private int _asked;

    [SetUp]
    public void Begin() => (_time, _states, _script, _server, _log, _asked) = (new(), new(), new(), null!, new(), 0);

    [TearDown]
    public async Task StopServer() => await _server.DisposeAsync();

    [Test]
    public async Task A_refresh_comes_two_minutes_before_the_end_and_counts_from_what_the_server_says(CancellationToken cancel)
    {
        _script.Answer = _ => 300;
        var began = _time.GetUtcNow();
        await using var feed = await ConnectAsync(Token, cancel);
        await AdvanceAsync("the token is refreshed", () => _script.Calls == 1, cancel);
        Assert.That(_time.GetUtcNow() - began, Is.GreaterThanOrEqualTo(Life - FeedLimits.RefreshLead - Step));
        began = _time.GetUtcNow();
        await AdvanceAsync("and again", () => _script.Calls == 2, cancel);
        Assert.That((_time.GetUtcNow() - began).TotalSeconds, Is.GreaterThanOrEqualTo(300 - 120 - 2));
        AssertStayed();
    }

    [TestCase("The store cannot be reached now. Try again in a moment.")]
    [TestCase("The token cannot be checked now. Try again in a moment.")]
    [TestCase("Invalid token.")]
    public async Task A_refused_refresh_is_tried_again_with_another_token(string refusal, CancellationToken cancel)
    {
        _script.Answer = call => call <= 2 ? throw new HubException(refusal) : 300;
        await using var feed = await ConnectAsync(Token, cancel);
        await AdvanceAsync("it is tried again", () => _script.Calls == 3, cancel);
        Assert.That(_script.Tokens.Distinct().Count(), Is.EqualTo(3));
        AssertStayed();
    }

    [Test]
    public async Task A_provider_that_fails_is_asked_again(CancellationToken cancel)
    {
        await using var feed = await ConnectAsync(
            () => _asked is 2 or 3 ? throw new InvalidOperationException("The identity provider is away.") : Token(), cancel);
        await AdvanceAsync("the token is refreshed", () => _script.Calls == 1, cancel);
        Assert.That(_asked, Is.EqualTo(4));
        AssertStayed();
    }

    [Test]
    public async Task A_token_that_ends_no_later_is_not_given_to_the_server(CancellationToken cancel)
    {
        var token = Token();
        await using var feed = await ConnectAsync(() => token, cancel);
        var end = _time.GetUtcNow() + FeedLimits.RefreshLead + (4 * Step);
        await AdvanceAsync("the token has ended", () => _time.GetUtcNow() > end, cancel);
        Assert.That(_script.Calls, Is.Zero);
        Assert.That(_asked, Is.InRange(4, 8), "for the connection, and then 60, 30, 15, 7.5, 3.75 and 2 s apart");
        AssertStayed();
    }

    [TestCase("opaque")]
    [TestCase("a.b.c")]
    public async Task A_token_that_does_not_say_when_it_ends_is_not_refreshed(string token, CancellationToken cancel)
    {
        await using var feed = await ConnectAsync(() => token, cancel);
        var end = _time.GetUtcNow() + Life;
        await AdvanceAsync("time has passed", () => _time.GetUtcNow() > end, cancel, by: 10 * Step);
        Assert.That((_script.Calls, _asked), Is.EqualTo((0, 1)));
    }

    [Test]
    public async Task A_server_without_the_method_is_asked_once_and_the_feed_reconnects_when_it_closes(CancellationToken cancel)
    {
        _server = await FeedServer.StartAsync();
        await using var feed = await ConnectAsync(Token, cancel);
        await AdvanceAsync("it is tried", () => _log.Refreshes == 1, cancel);
        var later = _time.GetUtcNow() + Life;
        await AdvanceAsync("time has passed", () => _time.GetUtcNow() > later, cancel, by: 10 * Step);
        Assert.That(_asked, Is.EqualTo(2));
        AssertStayed();
        _server.CutAll();
        await Eventually.True("the feed is back", () =>
        {
            _time.Advance(Step);
            return _states.Phases.Count(phase => phase == FeedPhase.Live) == 2;
        }, cancel);
        Assert.That(_asked, Is.EqualTo(3));
    }

    [Test]
    public async Task A_blocked_user_does_not_come_back(CancellationToken cancel)
    {
        _script.Answer = _ => throw new HubException("User is blocked.");
        await using var feed = await ConnectAsync(Token, cancel);
        await AdvanceAsync("the feed is closed", () => feed.State.Phase == FeedPhase.Closed, cancel);
        Assert.That(feed.State.Error, Is.TypeOf<OrderFeedRefusedException>().With.Message.Contains("operator"));
        Assert.That((_script.Calls, _asked), Is.EqualTo((1, 2)));
        Assert.That(_states.Phases, Has.None.EqualTo(FeedPhase.Reconnecting));
    }

    [Test]
    public async Task A_feed_that_is_closed_does_not_wait_for_a_provider(CancellationToken cancel)
    {
        var never = new TaskCompletionSource<string>();
        var feed = await ConnectAsync(_ => new(Interlocked.Increment(ref _asked) == 1 ? Task.FromResult(Token()) : never.Task), cancel);
        await AdvanceAsync("the provider is asked", () => _asked == 2, cancel);
        await Eventually.Ends("the feed is closed", feed.DisposeAsync().AsTask(), cancel);
    }

    private string Token() => Tokens.For("a", _time.GetUtcNow() + Life);

    private Task<OrderFeed> ConnectAsync(Func<string> token, CancellationToken cancel) => ConnectAsync(_ =>
    {
        Interlocked.Increment(ref _asked);
        return new(token());
    }, cancel);

    private async Task<OrderFeed> ConnectAsync(Func<CancellationToken, ValueTask<string>> token, CancellationToken cancel)
    {
        _server ??= await _script.StartAsync();
        var feed = await OrderFeed.ConnectAsync(new()
        {
            Server = _server.Address,
            Token = token,
            Transports = [transport],
            TimeProvider = _time,
            OnStateChanged = _states.Add,
            LoggerFactory = _log,
            ConfigureHandler = handler =>
            {
                handler.UseProxy = false;
                return handler;
            },
        }, cancel);
        await AdvanceAsync("the feed is live", () => feed.State.Phase == FeedPhase.Live, cancel);
        // The timer for the first refresh is set when the connection opens.
        _time.Advance(Life - FeedLimits.RefreshLead - (3 * Step));
        return feed;
    }

    private void AssertStayed() => Assert.That(_states.Phases, Has.None.EqualTo(FeedPhase.Reconnecting));

    /// <summary>
    /// Moves the clock until something has happened, because a test cannot see when the client has set its timers. During an attempt to
    /// refresh, the clock stands still.
    /// </summary>
    private Task AdvanceAsync(
        string reason, Func<bool> condition, CancellationToken cancel, TimeSpan? by = null) => Eventually.True(reason, () =>
    {
        if (!condition() && _log.Refreshes >= Volatile.Read(ref _asked) - 1) _time.Advance(by ?? Step);
        return condition();
    }, TimeSpan.FromSeconds(40), cancel);
}

/// <summary>How a server answers refreshes.</summary>
internal sealed class RefreshScript
{
    private readonly ConcurrentQueue<string> _tokens = new();

    public IReadOnlyCollection<string> Tokens => _tokens;

    public int Calls => _tokens.Count;

    /// <summary>The seconds that the n-th answer says, counted from 1.</summary>
    public Func<int, long> Answer { get; set; } = _ => 600;

    public Task<LoopbackServer> StartAsync() => LoopbackServer.StartAsync(app => app.MapHub<RefreshedHub>("/hubs/orders"), services =>
    {
        services.AddSingleton(this);
        services.AddSignalR();
    });

    public long Refresh(string token)
    {
        _tokens.Enqueue(token);
        return Answer(_tokens.Count);
    }
}

/// <summary>Gives a subscriber its position, and answers refreshes as a script says.</summary>
[SuppressMessage("Performance", "CA1822", Justification = "A hub offers instance methods only.")]
internal sealed class RefreshedHub(RefreshScript script) : Hub
{
    private static readonly JsonElement Position = JsonElement.Parse(FeedServer.Position);

    public async IAsyncEnumerable<JsonElement> Subscribe(string? after, [EnumeratorCancellation] CancellationToken cancel)
    {
        yield return Position;
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancel);
    }

    public object Refresh(string token) => new { expiresInSeconds = script.Refresh(token) };
}
