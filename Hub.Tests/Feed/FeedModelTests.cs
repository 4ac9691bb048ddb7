using FsCheck;
using FsCheck.Fluent;
using Realtime.Server.Feed;
using Realtime.Server.Notifications;
using Realtime.Server.Notifications.Cursors;

namespace Realtime.Tests.Feed;

/// <summary>
/// Whatever faults a backplane and a store have, a feed's reader gets every notification once and in order, or a gap that names what is
/// missing.
/// </summary>
internal sealed class FeedModelTests
{
    private const int Schedules = 2_000;

    public enum Step
    {
        Publish,
        PublishUnheard,
        RepeatAnnouncement,
        AnnounceOldest,
        AnnounceSwapped,
        AnnounceForged,
        TrimToTwo,
        LoseTwo,
        BackplaneReconnects,
        ReaderReads,
        ReaderReconnects,
        LogFails,
        LogHeals,
        NodeRestarts,
    }

    [Test]
    public void Every_notification_comes_once_and_in_order_or_is_announced_as_missing() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(Schedules),
            Prop.ForAll(StepLists(), steps => RunAsync(steps).GetAwaiter().GetResult()));

    [Test]
    public async Task The_check_finds_a_notification_that_nobody_was_told_of()
    {
        using var feed = new TestFeed();
        var check = new DeliveryCheck(feed.Log);
        await using var reader = feed.Open(new StartAt.Latest());
        await check.ReadAsync(reader);
        feed.Publish(TestFeed.Mine);
        reader.OnItem = null;
        await reader.DrainAsync();
        feed.Publish(TestFeed.Mine);
        Assert.That(async () => await check.ReadAsync(reader), Throws.InvalidOperationException);
    }

    [Test]
    public async Task A_gap_is_judged_by_what_the_log_held_when_it_was_read()
    {
        using var feed = new TestFeed();
        var check = new DeliveryCheck(feed.Log);
        await using var reader = feed.Open(new StartAt.Latest());
        await check.ReadAsync(reader);
        feed.Publish(TestFeed.Mine);
        feed.Publish(TestFeed.Mine);
        await check.ReadAsync(reader);
        feed.Log.IsUnavailable = true;
        feed.Log.Rewind(TestFeed.Mine, lose: 2);
        feed.BackplaneReconnects();
        await check.ReadAsync(reader);
        for (var i = 0; i < 3; i++) feed.Log.Append(TestFeed.Mine);

        feed.Log.IsUnavailable = false;
        feed.Time.Advance(FeedLimits.LogRetry);
        await reader.IsReadyAsync();
        feed.Log.Trim(TestFeed.Mine, keep: 1);
        await check.ReadAsync(reader);
        check.IsAtTheHeadOf(feed.Alice.Topics);
    }

    private static Arbitrary<(Step Step, int Topic)[]> StepLists() =>
        Gen.Choose(0, Enum.GetValues<Step>().Length - 1).Select(step => (Step)step)
            .Zip(Gen.Choose(0, 2), (step, topic) => (step, topic))
            .ArrayOf().ToArbitrary();

    private static async Task RunAsync((Step Step, int Topic)[] steps)
    {
        using var feed = new TestFeed();
        var check = new DeliveryCheck(feed.Log);
        var reader = feed.Open(new StartAt.Latest());
        await check.ReadAsync(reader);
        foreach (var (step, topic) in steps)
        {
            if (step is Step.ReaderReconnects or Step.NodeRestarts)
            {
                if (step == Step.NodeRestarts) feed.Restart();
                await reader.DisposeAsync();
                reader = feed.Open(Cursor.TryParse(check.Cursor, "alice", out var cursor)
                    ? new StartAt.After(cursor)
                    : new StartAt.Latest());
            }
            else if (step == Step.ReaderReads) await check.ReadAsync(reader);
            else Disturb(feed, step, feed.Alice.Topics[topic]);
        }

        // Everything recovers: the log responds, and the backplane reports that it may have missed announcements.
        feed.Log.IsUnavailable = false;
        feed.BackplaneReconnects();
        feed.Time.Advance(FeedLimits.LogRetry);
        await check.ReadAsync(reader);
        if (check.WasSentAway)
        {
            await reader.DisposeAsync();
            reader = feed.Open(Cursor.TryParse(check.Cursor, "alice", out var cursor) ? new StartAt.After(cursor) : new StartAt.Latest());
            await check.ReadAsync(reader);
        }
        await reader.DisposeAsync();
        check.IsAtTheHeadOf(feed.Alice.Topics);
    }

    private static void Disturb(TestFeed feed, Step step, Topic topic)
    {
        switch (step)
        {
            case Step.Publish: feed.Publish(topic); break;
            case Step.PublishUnheard: feed.Log.Append(topic); break;
            case Step.RepeatAnnouncement when feed.Log.Retained(topic) is [.., var last]: feed.Announce(topic, last); break;
            case Step.AnnounceOldest when feed.Log.Retained(topic) is [var first, ..]: feed.Announce(topic, first); break;
            case Step.AnnounceSwapped:
                var (one, two) = (feed.Log.Append(topic), feed.Log.Append(topic));
                feed.Announce(topic, two);
                feed.Announce(topic, one);
                break;
            case Step.AnnounceForged:
                // A forger knows neither the stamp of the next notification nor, without reading it, that of the one before.
                var head = feed.Log.Head(topic);
                feed.Announce(topic,
                    new Notification(new Position(head.Sequence + 1, head.Stamp + 7), head.Stamp + 3, "\"id\":\"forged\"}"u8.ToArray()));
                break;
            case Step.TrimToTwo: feed.Log.Trim(topic, keep: 2); break;
            case Step.LoseTwo: feed.Log.Rewind(topic, lose: 2); break;
            case Step.BackplaneReconnects: feed.BackplaneReconnects(); break;
            case Step.LogFails: feed.Log.IsUnavailable = true; break;
            case Step.LogHeals:
                feed.Log.IsUnavailable = false;
                feed.Time.Advance(FeedLimits.LogRetry);
                break;
            default: break;
        }
    }
}
