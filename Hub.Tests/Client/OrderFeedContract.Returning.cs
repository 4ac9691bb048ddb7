using Realtime.Client;
using Realtime.Tests.Delivery;
using Realtime.Tests.Support;

namespace Realtime.Tests.Client;

internal abstract partial class OrderFeedContract
{
    [Test]
    public async Task A_cut_costs_nothing(CancellationToken cancel)
    {
        await using var network = new TcpProxy(Server.Port);
        var states = new States();
        await using var reader = await FeedReader.StartAsync(Only(network.Address) with { OnStateChanged = states.Add }, cancel);
        for (var n = 1; n <= 30; n++)
        {
            if (n % 10 == 0)
            {
                network.Refuse = true;
                network.Cut();
                await states.IsAsync(FeedPhase.Reconnecting, cancel);
            }
            await PublishAsync($"order {n}", cancel);
            network.Refuse = false;
        }
        Assert.That(await reader.TakeAsync(30, cancel), Is.EqualTo(Orders(1, 30)));
        await states.IsAsync(FeedPhase.Live, cancel);
        Assert.That(reader.Rest(), Is.Empty, "nothing comes twice");
    }

    [Test]
    public async Task A_server_that_is_killed_in_the_middle_of_it_all_costs_nothing(CancellationToken cancel)
    {
        const int Count = 150;
        var states = new States();
        await using var reader = await FeedReader.StartAsync(Only() with { OnStateChanged = states.Add }, cancel);
        var publishing = PublishThroughFailuresAsync(Count, cancel);
        var seen = await reader.TakeAsync(20, cancel);
        await Server.KillAsync();
        await states.WasAsync(FeedPhase.Reconnecting, cancel);
        await Server.StartAgainAsync(cancel);
        seen.AddRange(await reader.TakeAsync(Count - 20, cancel));
        await publishing;
        Assert.That(seen, Is.EqualTo(Orders(1, Count)));
        Assert.That(reader.Rest(), Is.Empty, "nothing comes twice");
    }

    [Test]
    public async Task A_server_that_drains_is_left_and_found_again(CancellationToken cancel)
    {
        var states = new States();
        await using var reader = await FeedReader.StartAsync(Only() with { OnStateChanged = states.Add }, cancel);
        await states.IsAsync(FeedPhase.Live, cancel);
        await Server.StopAsync();
        await states.WasAsync(FeedPhase.Reconnecting, cancel);
        var away = states.All.First(state => state.Phase == FeedPhase.Reconnecting);
        Assert.Multiple(() =>
        {
            Assert.That(away.Reason, Does.Contain("draining"));
            Assert.That(away.ReconnectIn, Is.InRange(TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(3)), "as the server asked");
        });
        await Server.StartAgainAsync(cancel);
        await PublishAsync("order 1", cancel);
        Assert.That(await reader.TakeAsync(1, cancel), Is.EqualTo(Orders(1, 1)));
    }

    [Test]
    public async Task A_program_that_starts_again_goes_on_where_it_was(CancellationToken cancel)
    {
        var folder = Directory.CreateTempSubdirectory("feed-test-");
        try
        {
            for (var run = 0; run < 3; run++)
            {
                // A new store each time, as in a new process.
                var options = Only() with { CursorStore = new FileCursorStore(folder.FullName), StartFrom = StartFrom.Latest };
                await using var reader = await FeedReader.StartAsync(options, cancel);
                if (run == 0) await PublishAsync("order 1", cancel);
                Assert.That(await reader.TakeAsync(1, cancel), Is.EqualTo(Orders(run + 1, run + 1)));
                await reader.DisposeAsync();
                await PublishAsync($"order {run + 2}", cancel);
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Test]
    public async Task A_token_that_expires_is_replaced_by_a_fresh_one(CancellationToken cancel)
    {
        var asked = 0;
        var options = Only() with
        {
            Token = _ =>
            {
                Interlocked.Increment(ref asked);
                return new(Tokens.For(User, TimeProvider.System.GetUtcNow().AddSeconds(4)));
            },
        };
        await using var reader = await FeedReader.StartAsync(options, cancel);
        for (var n = 1; n <= 5 || Volatile.Read(ref asked) < 3; n++)
        {
            await PublishAsync($"order {n}", cancel);
            Assert.That(await reader.TakeAsync(1, cancel), Is.EqualTo(Orders(n, n)));
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, cancel);
        }
    }

    [Test]
    public async Task A_window_can_show_what_the_feed_is_doing(CancellationToken cancel)
    {
        await using var network = new TcpProxy(Server.Port);
        for (var n = 1; n <= 3; n++) await PublishAsync($"order {n}", cancel);
        var states = new States();
        await using (var reader = await FeedReader.StartAsync(Only(network.Address) with { OnStateChanged = states.Add }, cancel))
        {
            await states.IsAsync(FeedPhase.Live, cancel);
            Assert.That(reader.Feed.State, Is.EqualTo(new FeedState(FeedPhase.Live) { Transport = transport }));
            network.Refuse = true;
            network.Cut();
            await states.WasAsync(FeedPhase.Reconnecting, cancel);
            await Eventually.True("more than one try has failed", () => reader.Feed.State.Attempt > 1, cancel);
            network.Refuse = false;
            reader.Feed.ReconnectNow();
            await states.IsAsync(FeedPhase.Live, cancel);
        }
        Assert.Multiple(() =>
        {
            Assert.That(states.Phases.Take(3), Is.EqualTo([FeedPhase.Connecting, FeedPhase.CatchingUp, FeedPhase.Live]));
            Assert.That(states.Phases.TakeLast(3), Is.EqualTo([FeedPhase.CatchingUp, FeedPhase.Live, FeedPhase.Closed]));
            foreach (var away in states.All.Where(state => state.Phase == FeedPhase.Reconnecting))
            {
                Assert.That(away.ReconnectAt, Is.Not.Null);
                Assert.That(away.Reason, Is.Not.Empty);
                Assert.That(away.Transport, Is.Null);
            }
        });
    }

    /// <summary>Publishes as a correct publisher does: with the same key until it is confirmed.</summary>
    private async Task PublishThroughFailuresAsync(int count, CancellationToken cancel)
    {
        for (var n = 1; n <= count; n++)
        {
            await Eventually.True($"order {n} is stored", async () =>
            {
                try
                {
                    using var answer = await Server.TryPublishAsync(new { users = new[] { User } }, $"order {n}", cancel, $"{User}-{n}");
                    return answer.IsSuccessStatusCode;
                }
                catch (HttpRequestException)
                {
                    return false;
                }
            }, TimeSpan.FromSeconds(60), cancel);
        }
    }
}
