using Realtime.Server.Log;
using Realtime.Server.Notifications;

namespace Realtime.Tests.Log;

internal abstract partial class NotificationLogContract
{
    [Test]
    public async Task A_topic_that_was_never_written_to_reads_as_empty(CancellationToken cancel)
    {
        await OpenAsync();
        foreach (Position? after in new Position?[] { null, Position.Start })
        {
            var page = await ReadAsync(NewTopic(), after, cancel);
            Assert.That((page.Start, page.Gap, page.Items.Count, page.Head, page.More),
                Is.EqualTo((Position.Start, (GapReason?)null, 0, Position.Start, false)));
        }
    }

    [Test]
    public async Task Pages_hold_no_more_than_was_asked_for_and_together_they_hold_everything(CancellationToken cancel)
    {
        await OpenAsync();
        var topic = NewTopic();
        var head = await FillAsync(topic, 25, cancel);
        var all = new List<Notification>();
        for (Position? after = null; ;)
        {
            var page = await Log.ReadAsync(topic, after, new PageLimit(7, int.MaxValue), cancel);
            Assert.That((page.Gap, page.Head, page.Start), Is.EqualTo(((GapReason?)null, head, after ?? Position.Start)));
            Assert.That(page.Items, Has.Count.EqualTo(Math.Min(7, 25 - all.Count)));
            all.AddRange(page.Items);
            Assert.That(page.More, Is.EqualTo(all.Count < 25));
            if (!page.More) break;
            after = page.End;
        }
        AreContiguous(Position.Start, all);
        Assert.That(all[^1].Position, Is.EqualTo(head));
    }

    [Test]
    public async Task A_page_ends_with_the_notification_that_reaches_its_bytes(CancellationToken cancel)
    {
        await OpenAsync();
        var topic = NewTopic();
        var filling = new string('x', 1_000 - Drafts.Of("", topic).Body.Length);
        for (var i = 0; i < 10; i++) await StoreAsync(Drafts.Of(filling, topic), cancel);
        Assert.That((await Log.ReadAsync(topic, null, new PageLimit(100, 2_500), cancel)).Items, Has.Count.EqualTo(3));
        Assert.That((await Log.ReadAsync(topic, null, new PageLimit(100, 2_000), cancel)).Items, Has.Count.EqualTo(2));
        Assert.That((await Log.ReadAsync(topic, null, new PageLimit(100, 1), cancel)).Items, Has.Count.EqualTo(1),
            "at least one, or nobody would ever get past it");
    }

    [Test]
    public async Task A_page_of_nothing_tells_where_a_reader_stands(CancellationToken cancel)
    {
        await OpenAsync();
        var topic = NewTopic();
        var head = await FillAsync(topic, 5, cancel);
        var items = await ItemsAsync(topic, cancel);
        foreach (var after in new[] { Position.Start, items[2].Position, head })
        {
            var page = await Log.ReadAsync(topic, after, new PageLimit(0, int.MaxValue), cancel);
            Assert.That((page.Start, page.Gap, page.Items.Count, page.Head, page.More),
                Is.EqualTo((after, (GapReason?)null, 0, head, after != head)));
        }
    }

    [Test]
    public async Task From_every_position_that_was_handed_out_a_reader_gets_exactly_what_follows(CancellationToken cancel)
    {
        await OpenAsync();
        var topic = NewTopic();
        for (var i = 0; i < 12; i++)
        {
            await StoreAsync(Drafts.Of("x", topic), cancel);
            if (i % 4 == 0) await TickAsync(cancel);
        }
        var all = await ItemsAsync(topic, cancel);
        foreach (var place in all.Select(item => item.Position).Prepend(Position.Start))
        {
            var page = await ReadAsync(topic, place, cancel);
            Assert.That((page.Start, page.Gap), Is.EqualTo((place, (GapReason?)null)));
            Assert.That(Sequences(page.Items), Is.EqualTo(Sequences(all).Skip((int)place.Sequence)));
        }
    }

    [Test]
    public async Task A_reader_sees_one_view_of_a_topic_that_grows_and_is_trimmed_meanwhile(CancellationToken cancel)
    {
        await OpenAsync(count: 5);
        var topic = NewTopic();
        using var done = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var reading = Enumerable.Range(0, 2).Select(_ => Task.Run(async () =>
        {
            var (pages, last) = (0, Position.Start);
            for (; !done.IsCancellationRequested; pages++)
            {
                var page = await Log.ReadAsync(topic, last, new PageLimit(20, int.MaxValue), cancel);
                if (page.Gap is null) Assert.That(page.Start, Is.EqualTo(last));
                else Assert.That((page.Gap, page.Start.Sequence > last.Sequence), Is.EqualTo(((GapReason?)GapReason.Expired, true)));
                AreContiguous(page.Start, page.Items);
                Assert.That(page.Head.Sequence, Is.GreaterThanOrEqualTo(page.End.Sequence));
                last = page.End;
            }
            return pages;
        }, cancel)).ToList();
        for (var i = 0; i < 100; i++)
        {
            await StoreAsync(Drafts.Of("x", topic), cancel);
            if (i % 5 == 0) Clock?.Advance(TimeSpan.FromSeconds(1));
        }
        await done.CancelAsync();
        Assert.That((await Task.WhenAll(reading)).Sum(), Is.Positive);
    }
}
