using Realtime.Client;
using Realtime.Tests.Support;

namespace Realtime.Tests.Client;

/// <summary>A feed on a server in this process. Every token is a number: how often the feed has asked.</summary>
[CancelAfter(60_000)]
internal abstract class LoopbackFeed
{
    private int _asked;

    protected LoopbackServer Server { get; set; } = null!;

    protected States States { get; private set; } = null!;

    protected int Asked => Volatile.Read(ref _asked);

    [SetUp]
    public void Begin() => (States, _asked) = (new(), 0);

    [TearDown]
    public async Task StopServer() => await Server.DisposeAsync();

    protected OrderFeedOptions Options(params Transport[] transports) => new OrderFeedOptions
    {
        Server = Server.Address,
        Token = _ => new($"{Interlocked.Increment(ref _asked)}"),
        Transports = transports,
        OnStateChanged = States.Add,
    }.Direct();

    /// <summary>Opens a feed that cannot connect, and returns why its first round of transports failed.</summary>
    protected async Task<FeedState> FailAsync(OrderFeedOptions options, CancellationToken cancel)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        FeedState? failed = null;
        var connecting = OrderFeed.ConnectAsync(options with
        {
            OnStateChanged = state =>
            {
                States.Add(state);
                // On the feed's own thread, so that the state that the test checks afterwards is that of the first round.
                if (state.Phase is not (FeedPhase.Reconnecting or FeedPhase.Closed) || failed is not null) return;
                failed = state;
                enough.Cancel();
            },
        }, enough.Token);
        Assert.That(async () => await connecting, Throws.Exception);
        Assert.That(failed, Is.Not.Null);
        return failed!;
    }
}
