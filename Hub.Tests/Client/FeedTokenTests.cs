using Realtime.Client;
using Realtime.Tests.Delivery;
using Realtime.Tests.Support;

namespace Realtime.Tests.Client;

/// <summary>Tokens that are invalid, late, expired or another user's, and servers that are unreachable.</summary>
internal sealed class FeedTokenTests : OrderFeedFixture
{
    [Test]
    public async Task A_server_that_is_not_there_yet_is_waited_for(CancellationToken cancel)
    {
        await Server.KillAsync();
        var states = new States();
        var connecting = OrderFeed.ConnectAsync(Options() with { OnStateChanged = states.Add }, cancel);
        await states.WasAsync(FeedPhase.Reconnecting, cancel);
        Assert.That(connecting.IsCompleted, Is.False);
        await Server.StartAgainAsync(cancel);
        await using var feed = await connecting;
        Assert.That(feed.Transport, Is.EqualTo(Transport.WebSockets));
    }

    [Test]
    public async Task Waiting_for_a_server_can_be_given_up(CancellationToken cancel)
    {
        var asked = 0;
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var connecting = OrderFeed.ConnectAsync(Options(new Uri($"http://127.0.0.1:{FreePort.Next()}")) with
        {
            Token = _ =>
            {
                if (Interlocked.Increment(ref asked) == 3) enough.Cancel();
                return new(Tokens.For(User));
            },
        }, enough.Token);
        Assert.That(async () => await connecting, Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public void A_wrong_token_is_asked_for_again_and_then_a_clear_error()
    {
        var asked = 0;
        var options = Options() with
        {
            Token = _ =>
            {
                asked++;
                return new(Tokens.Mint("""{"sub":"x","exp":4102444800}""", key: "another key, also 32 bytes long!"));
            },
        };
        Assert.That(
            async () => await OrderFeed.ConnectAsync(options), Throws.TypeOf<OrderFeedRefusedException>().With.Message.Contains("401"));
        Assert.That(asked, Is.EqualTo(2));
    }

    [Test]
    public async Task A_token_that_goes_bad_later_is_asked_for_until_it_is_good_again(CancellationToken cancel)
    {
        await using var network = new TcpProxy(Server.Port);
        var (good, asked) = (true, 0);
        await using var reader = await FeedReader.StartAsync(Options(network.Address) with
        {
            Token = _ =>
            {
                Interlocked.Increment(ref asked);
                return new(Volatile.Read(ref good) ? Tokens.For(User) : Tokens.For(User, TimeProvider.System.GetUtcNow().AddMinutes(-1)));
            },
        }, cancel);
        Volatile.Write(ref good, false);
        network.Cut();
        await Eventually.True("it goes on asking", () => Volatile.Read(ref asked) >= 5, TimeSpan.FromSeconds(60), cancel);
        Volatile.Write(ref good, true);
        reader.Feed.ReconnectNow();
        await Server.PublishAsync(User, "order 1", cancel);
        Assert.That(await reader.TakeAsync(1, cancel), Has.Count.EqualTo(1));
    }

    [Test]
    public void A_user_who_may_not_read_gets_a_clear_error()
    {
        var groups = Enumerable.Range(0, 101).Select(n => $"g{n}").ToArray();
        Assert.That(
            async () => await OrderFeed.ConnectAsync(Options() with { Token = _ => new(Tokens.For(User, groups)) }),
            Throws.TypeOf<OrderFeedRefusedException>().With.Message.Contains("403"));
    }

    [Test]
    public async Task A_token_provider_that_fails_is_asked_again(CancellationToken cancel)
    {
        var asked = 0;
        var states = new States();
        await using var feed = await OrderFeed.ConnectAsync(Options() with
        {
            Token = _ => ++asked < 3 ? throw new InvalidOperationException("The identity provider is away.") : new(Tokens.For(User)),
            OnStateChanged = states.Add,
        }, cancel);
        Assert.That(
            states.All.First(state => state.Phase == FeedPhase.Reconnecting).Reason, Does.Contain("The identity provider is away."));
    }

    [Test]
    public async Task A_token_of_another_user_ends_the_feed(CancellationToken cancel)
    {
        await using var network = new TcpProxy(Server.Port);
        var user = User;
        await using var reader = await FeedReader.StartAsync(
            Options(network.Address) with { Token = _ => new(Tokens.For(Volatile.Read(ref user))) }, cancel);
        Volatile.Write(ref user, User + "-other");
        network.Cut();
        Assert.That(
            async () => await reader.Loop.WaitAsync(cancel), Throws.TypeOf<OrderFeedRefusedException>().With.Message.Contains(user));
        Assert.That(reader.Feed.State.Phase, Is.EqualTo(FeedPhase.Closed));
    }
}
