using System.Collections.Concurrent;
using Realtime.Client;
using Realtime.Tests.Delivery;
using Realtime.Tests.Support;

namespace Realtime.Tests.Client.Waking;

/// <summary>Feeds whose callbacks belong to the thread of a window.</summary>
internal sealed class WindowThreadTests : OrderFeedFixture
{
    [Test]
    public async Task States_and_gaps_come_to_the_thread_of_a_window(CancellationToken cancel)
    {
        using var window = new WindowThread();
        var (states, gaps, elsewhere) = (new States(), new ConcurrentQueue<OrderGap>(), new ConcurrentQueue<string>());
        await Server.PublishAsync(User, "order 1", cancel);
        var store = new MemoryCursorStore();
        await using (var other = await FeedReader.StartAsync(Options() with { Token = _ => new(Tokens.For(User + "-other")) }, cancel))
        {
            await Server.PublishAsync(User + "-other", "theirs", cancel);
            // The server does not accept it for this user, which is a gap.
            await store.SaveAsync(new(Server.Address.AbsoluteUri, User), (await other.NextAsync(cancel)).Cursor, cancel);
        }
        await using (var feed = await OrderFeed.ConnectAsync(Options() with
        {
            CursorStore = store,
            CallbackContext = window,
            OnStateChanged = state =>
            {
                if (!window.IsCurrent) elsewhere.Enqueue($"{state.Phase}");
                states.Add(state);
                throw new FormatException("The window has a fault.");
            },
            OnGap = async (gap, stop) =>
            {
                await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, stop);
                if (!window.IsCurrent) elsewhere.Enqueue("gap");
                gaps.Enqueue(gap);
            },
        }, cancel))
        {
            await foreach (var order in feed.ReadAllAsync(cancel))
            {
                Assert.That(gaps, Has.Count.EqualTo(1), "the gap was handled before what follows it");
                break;
            }
        }
        await states.IsAsync(FeedPhase.Closed, cancel);
        Assert.That(elsewhere, Is.Empty);
        Assert.That(states.Phases.Take(2), Is.EqualTo([FeedPhase.Connecting, FeedPhase.CatchingUp]));
    }

    [Test]
    public async Task A_window_that_hangs_stops_no_feed(CancellationToken cancel)
    {
        await Server.PublishAsync(User, "order 1", cancel);
        // It runs nothing that is posted.
        var window = new OneThreadContext();
        var reader = await FeedReader.StartAsync(
            Options() with { CallbackContext = window, OnStateChanged = _ => Assert.Fail("the window hangs") }, cancel);
        Assert.That(await reader.TakeAsync(1, cancel), Is.EqualTo([$"user:{User} 1 order 1"]));
        await Eventually.Ends("the feed is closed", reader.DisposeAsync().AsTask(), cancel);
    }
}
