using Realtime.Client;
using Realtime.Client.Feed;
using Realtime.Client.Feed.Connections;
using Realtime.Client.Feed.Items;
using Realtime.Tests.Support;

namespace Realtime.Tests.Client;

internal sealed class RetryScheduleTests
{
    private static readonly TimeSpan Long = FeedLimits.StableAfter;

    [Test]
    public void The_longest_wait_doubles_with_each_failure_up_to_a_limit()
    {
        var schedule = new RetrySchedule(new Always(0.999999));
        var waits = Enumerable.Range(0, 10).Select(_ => Math.Round(schedule.Next(default, null).TotalSeconds, 1)).ToList();
        Assert.That(waits, Is.EqualTo([0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0, 30.0]));
        Assert.That(schedule.Attempt, Is.EqualTo(10));
    }

    [Test]
    public void Waits_are_spread_over_the_whole_time()
    {
        var waits = Enumerable.Range(0, 1000).Select(seed => new RetrySchedule(new Random(seed)).Next(default, null)).ToList();
        Assert.That(waits, Has.All.LessThan(FeedLimits.FirstRetry).And.All.GreaterThanOrEqualTo(TimeSpan.Zero));
        for (var quarter = 0; quarter < 4; quarter++)
            Assert.That(waits.Count(wait => (int)(wait / FeedLimits.FirstRetry * 4) == quarter), Is.InRange(190, 310));
    }

    [Test]
    public void A_good_connection_begins_the_count_anew()
    {
        var schedule = new RetrySchedule(new Always(1));
        for (var n = 0; n < 5; n++) schedule.Next(default, null);
        Assert.That(schedule.Next(Long, null), Is.EqualTo(FeedLimits.FirstRetry));
    }

    [Test]
    public void What_the_server_asks_for_counts()
    {
        var schedule = new RetrySchedule(new Always(0.5));
        Assert.That(schedule.Next(Long, TimeSpan.FromMilliseconds(1800)), Is.EqualTo(TimeSpan.FromMilliseconds(1800)));
        Assert.That(schedule.Next(Long, TimeSpan.Zero), Is.EqualTo(TimeSpan.Zero));
    }

    [Test]
    public void A_server_that_sends_its_readers_away_at_once_is_not_stormed()
    {
        var schedule = new RetrySchedule(new Always(0.5));
        var waits = Enumerable.Range(0, 8).Select(_ => schedule.Next(TimeSpan.FromMilliseconds(10), TimeSpan.Zero)).ToList();
        Assert.That(waits[^1], Is.EqualTo(FeedLimits.LongestRetry / 2));
        Assert.That(
            schedule.Next(TimeSpan.Zero, TimeSpan.FromMinutes(1)), Is.EqualTo(TimeSpan.FromMinutes(1)), "nor asked before it wants to be");
    }

    [Test]
    public void A_servers_wrong_number_does_not_silence_a_reader_for_ever()
    {
        Assert.That(new WireClosing { ReconnectInMs = long.MaxValue }.ReconnectIn, Is.EqualTo(FeedLimits.LongestAdvice));
        Assert.That(new WireClosing { ReconnectInMs = -1 }.ReconnectIn, Is.EqualTo(TimeSpan.Zero));
        Assert.That(new WireClosing().ReconnectIn, Is.Null);
    }

    [Test]
    public void A_transport_that_failed_where_another_carried_comes_last_for_a_while()
    {
        var time = new ManualTime();
        var choice = new TransportChoice([Transport.WebSockets, Transport.ServerSentEvents, Transport.LongPolling], time);
        choice.Carries(Transport.LongPolling, [Transport.WebSockets, Transport.ServerSentEvents]);
        Assert.That(choice.Order(), Is.EqualTo([Transport.LongPolling, Transport.WebSockets, Transport.ServerSentEvents]));
        time.Advance(FeedLimits.PassOver);
        Assert.That(choice.Order()[0], Is.EqualTo(Transport.WebSockets), "networks change");
    }

    [Test]
    public void A_transport_that_falls_silent_again_and_again_comes_last_for_a_while()
    {
        var choice = new TransportChoice([Transport.WebSockets, Transport.LongPolling], new ManualTime());
        choice.Ended(Transport.WebSockets, fellSilent: true);
        choice.Ended(Transport.WebSockets, fellSilent: false);
        choice.Ended(Transport.WebSockets, fellSilent: true);
        Assert.That(choice.Order()[0], Is.EqualTo(Transport.WebSockets), "that may have been a laptop asleep");
        choice.Ended(Transport.WebSockets, fellSilent: true);
        Assert.That(choice.Order()[0], Is.EqualTo(Transport.LongPolling));
    }

    /// <summary>A random source that always returns the same value.</summary>
    private sealed class Always(double value) : Random
    {
        public override double NextDouble() => value;
    }
}
