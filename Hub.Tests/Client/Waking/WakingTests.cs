using Realtime.Client;
using Realtime.Tests.Delivery;
using Realtime.Tests.Support;

namespace Realtime.Tests.Client.Waking;

/// <summary>A feed whose machine slept, or whose network changed. Without its watch, it would notice after 45 s of silence.</summary>
internal sealed class WakingTests : OrderFeedFixture
{
    private const int Slept = 25;

    private static readonly TimeSpan Night = TimeSpan.FromHours(8);

    [TestCase(Transport.WebSockets, true)]
    [TestCase(Transport.WebSockets, false)]
    [TestCase(Transport.ServerSentEvents, true)]
    [TestCase(Transport.LongPolling, true)]
    [TestCase(Transport.EventSource, true)]
    public async Task A_connection_that_died_while_the_machine_slept_is_replaced_at_once(
        Transport transport, bool byWallClock, CancellationToken cancel)
    {
        await using var way = new BrokenWay(Server.Port);
        var (clock, states) = (new SleepyClock(), new States());
        await using var reader = await FeedReader.StartAsync(
            Options(way.Address) with { Transports = [transport], TimeProvider = clock, OnStateChanged = states.Add }, cancel);
        await states.IsAsync(FeedPhase.Live, cancel);
        way.Break();
        await Server.PublishAsync(User, "order 1", cancel);
        var woke = TimeProvider.System.GetTimestamp();
        clock.Sleep(monotonic: byWallClock ? TimeSpan.Zero : Night, wall: byWallClock ? Night : TimeSpan.Zero);
        Assert.That(await WithinSilenceAsync(reader.TakeAsync(1, cancel)), Is.EqualTo([$"user:{User} 1 order 1"]));
        TestContext.Out.WriteLine($"{transport}: after {TimeProvider.System.GetElapsedTime(woke).TotalSeconds:0.0} s");
        await states.IsAsync(FeedPhase.Live, cancel);
    }

    [Test]
    public async Task A_connection_that_answers_stays_open(CancellationToken cancel)
    {
        await using var way = new BrokenWay(Server.Port);
        var (clock, log) = (new SleepyClock(), new LogIds());
        await using var reader = await FeedReader.StartAsync(
            Options(way.Address) with { Transports = [Transport.WebSockets], TimeProvider = clock, LoggerFactory = log }, cancel);
        var accepted = way.Accepted;
        clock.Sleep(Night, Night);
        await Eventually.True("the feed has noticed", () => log.Has(Slept), cancel);
        var woke = TimeProvider.System.GetTimestamp();
        // Longer than a test takes that fails.
        for (var n = 1; TimeProvider.System.GetElapsedTime(woke) < FeedLimits.LinkTest + FeedLimits.Tick; n++)
        {
            await Server.PublishAsync(User, $"order {n}", cancel);
            Assert.That(await reader.TakeAsync(1, cancel), Is.EqualTo([$"user:{User} {n} order {n}"]));
        }
        Assert.That(way.Accepted, Is.EqualTo(accepted));
    }

    [Test]
    public async Task A_feed_that_does_not_watch_goes_on_as_if_nothing_had_happened(CancellationToken cancel)
    {
        var clock = new SleepyClock();
        var (watching, other) = (new LogIds(), new LogIds());
        await using var first = await FeedReader.StartAsync(Options() with { TimeProvider = clock, LoggerFactory = watching }, cancel);
        await using var second = await FeedReader.StartAsync(
            Options() with { TimeProvider = clock, LoggerFactory = other, WatchNetwork = false }, cancel);
        for (var times = 1; times <= 2; times++)
        {
            clock.Sleep(Night, Night);
            await Eventually.True("the other feed has noticed", () => watching.Count(Slept) == times, cancel);
        }
        Assert.That(other.Has(Slept), Is.False);
    }

    [Test]
    public async Task A_machine_that_wakes_does_not_wait_for_the_next_attempt(CancellationToken cancel)
    {
        await using var way = new BrokenWay(Server.Port);
        var (clock, states) = (new SleepyClock(), new States());
        await using var reader = await FeedReader.StartAsync(Options(way.Address) with
        {
            TimeProvider = clock,
            OnStateChanged = states.Add,
            Random = new LongWaits(),
        }, cancel);
        way.Refuse = true;
        way.Cut();
        await Eventually.True("a long wait has begun", () => states.Last?.ReconnectIn > TimeSpan.FromSeconds(7), cancel);
        var due = states.Last!.ReconnectAt!.Value;
        way.Refuse = false;
        clock.Sleep(monotonic: Night, wall: TimeSpan.Zero);
        await states.IsAsync(FeedPhase.Live, cancel);
        Assert.That(clock.GetUtcNow(), Is.LessThan(due));
    }

    [Test]
    public async Task A_change_of_the_network_is_noticed(CancellationToken cancel)
    {
        const string Interface = "lo", Address = "127.0.77.1/32";
        Requires.Linux();
        Requires.Command("ip");
        if (!await Commands.SucceedsAsync("ip", "address", "add", Address, "dev", Interface))
            Requires.Lacks("this user may not add an address to a network interface");
        try
        {
            await using var way = new BrokenWay(Server.Port);
            var states = new States();
            await using var reader = await FeedReader.StartAsync(
                Options(way.Address) with { Transports = [Transport.WebSockets], OnStateChanged = states.Add }, cancel);
            await states.IsAsync(FeedPhase.Live, cancel);
            way.Break();
            await Server.PublishAsync(User, "order 1", cancel);
            await Commands.RunAsync("ip", "address", "del", Address, "dev", Interface);
            Assert.That(await WithinSilenceAsync(reader.TakeAsync(1, cancel)), Is.EqualTo([$"user:{User} 1 order 1"]));
        }
        finally
        {
            await Commands.SucceedsAsync("ip", "address", "del", Address, "dev", Interface);
        }
    }

    /// <summary>Waits for less time than a feed without its watch needs.</summary>
    private static async Task<List<string>> WithinSilenceAsync(Task<List<string>> items)
    {
        await Eventually.Ends("the feed has a new connection", items, FeedLimits.Silence / 2);
        return await items;
    }

    private sealed class LongWaits : Random
    {
        public override double NextDouble() => 0.99;
    }
}
