using Realtime.Server.Notifications;
using Realtime.Server.Notifications.Cursors;

namespace Realtime.Tests.Log;

internal abstract partial class NotificationLogContract
{
    [Test]
    public async Task What_expired_is_a_gap_up_to_the_oldest_that_is_retained(CancellationToken cancel)
    {
        await OpenAsync(count: 4);
        var topic = NewTopic();
        var head = await FillAsync(topic, 10, cancel);
        await UntilFirstIsAsync(topic, 7, cancel);
        var page = await ReadAsync(topic, Position.Start, cancel);
        Assert.That((page.Gap, page.Start.Sequence, page.Head), Is.EqualTo(((GapReason?)GapReason.Expired, 6L, head)));
        Assert.That(Sequences(page.Items), Is.EqualTo([7, 8, 9, 10]));
        AreContiguous(page.Start, page.Items);
    }

    [Test]
    public async Task A_gap_is_reported_only_where_something_is_missing(CancellationToken cancel)
    {
        await OpenAsync(count: 4);
        var topic = NewTopic();
        var places = new List<Position> { Position.Start };
        for (var i = 0; i < 10; i++)
        {
            places.Add(await FillAsync(topic, 1, cancel));
            await TickAsync(cancel);
        }
        await UntilFirstIsAsync(topic, 7, cancel);
        foreach (var place in places)
        {
            var page = await ReadAsync(topic, place, cancel);
            Assert.That(page.Gap, Is.EqualTo(place.Sequence < 6 ? GapReason.Expired : (GapReason?)null),
                $"{place}: 6 is gone, but a reader that had it misses nothing");
            Assert.That(page.Start, Is.EqualTo(place.Sequence < 6 ? places[6] : place));
        }
    }

    [Test]
    public async Task All_that_is_retained_is_never_a_gap(CancellationToken cancel)
    {
        await OpenAsync(count: 4);
        var topic = NewTopic();
        await FillAsync(topic, 10, cancel);
        await UntilFirstIsAsync(topic, 7, cancel);
        var page = await ReadAsync(topic, null, cancel);
        Assert.That((page.Gap, page.Start), Is.EqualTo(((GapReason?)null, page.Items[0].Previous)));
    }

    [Test]
    public async Task A_position_that_the_log_never_gave_is_a_reset(CancellationToken cancel)
    {
        await OpenAsync();
        var topic = NewTopic();
        var head = await FillAsync(topic, 5, cancel);
        var third = (await ItemsAsync(topic, cancel))[2].Position;
        Position[] unknown =
        [
            head with { Sequence = 6 }, head with { Stamp = head.Stamp + 1 }, head with { Stamp = 1 },
            third with { Stamp = third.Stamp - 1 }, third with { Stamp = third.Stamp + 1 },
            new(long.MaxValue, long.MaxValue), new(1, long.MaxValue), new(CursorFormat.MaxNumber, CursorFormat.MaxNumber),
        ];
        foreach (var place in unknown)
        {
            var page = await ReadAsync(topic, place, cancel);
            Assert.That(page.Gap, Is.EqualTo(GapReason.Reset), place.ToString());
            AreContiguous(page.Start, page.Items);
            Assert.That(page.End, Is.EqualTo(head), place.ToString());
        }
    }

    [Test]
    public async Task The_place_before_the_oldest_is_known_by_the_stamp_that_the_oldest_names(CancellationToken cancel)
    {
        await OpenAsync(count: 4);
        var topic = NewTopic();
        await FillAsync(topic, 10, cancel);
        await UntilFirstIsAsync(topic, 7, cancel);
        var before = (await ReadAsync(topic, null, cancel)).Start;
        Assert.That((await ReadAsync(topic, before, cancel)).Gap, Is.Null);
        Assert.That((await ReadAsync(topic, before with { Stamp = before.Stamp + 1 }, cancel)).Gap, Is.EqualTo(GapReason.Reset));
    }

    [Test]
    public async Task A_store_that_began_anew_is_a_reset_to_whoever_had_something(CancellationToken cancel)
    {
        await OpenAsync();
        var topic = NewTopic();
        await Store.BackUpAsync();
        var head = await FillAsync(topic, 5, cancel);
        await Store.RewindAsync();
        var page = await ReadAsync(topic, head, cancel);
        Assert.That((page.Gap, page.Start, page.Head, page.Items.Count),
            Is.EqualTo(((GapReason?)GapReason.Reset, Position.Start, Position.Start, 0)));
        Assert.That((await ReadAsync(topic, Position.Start, cancel)).Gap, Is.Null);

        await TickAsync(cancel);
        await FillAsync(topic, 5, cancel);
        page = await ReadAsync(topic, head, cancel);
        Assert.That(page.Gap, Is.EqualTo(GapReason.Reset));
        Assert.That(Sequences(page.Items), Is.EqualTo([1, 2, 3, 4, 5]), "all are within the minute by which clocks may differ");
    }

    [TestCase(0)]
    [TestCase(3)]
    public async Task Another_notification_under_the_same_number_and_stamp_is_a_reset(int behind, CancellationToken cancel)
    {
        await OpenAsync();
        var topic = NewTopic();
        var place = await FillAsync(topic, 5, cancel);
        await FillAsync(topic, behind, cancel);
        var own = (await ReadAsync(topic, null, cancel)).Items[4].Position;
        Assert.That((await ReadAsync(topic, own, cancel)).Gap, Is.Null);
        Assert.That((await ReadAsync(topic, place, cancel)).Gap, Is.Null, "a position of which the tag is not known");

        // As after a failover to a replica without the entry and with a slow clock.
        var page = await ReadAsync(topic, own with { Tag = own.Tag == 1 ? 2 : 1 }, cancel);
        Assert.That((page.Gap, page.Start), Is.EqualTo(((GapReason?)GapReason.Reset, Position.Start)));
        Assert.That(Sequences(page.Items), Is.EqualTo(Enumerable.Range(1, 5 + behind)), "the reader may have none of them");
    }

    [TestCase(0, TestName = "A_log_that_lost_its_tail_is_a_reset_to_whoever_had_seen_it")]
    [TestCase(2, TestName = "A_log_that_lost_its_tail_and_grew_again_is_a_reset")]
    [TestCase(3, TestName = "A_log_that_lost_its_tail_and_grew_to_the_same_number_is_a_reset")]
    [TestCase(9, TestName = "A_log_that_lost_its_tail_and_grew_past_it_is_a_reset")]
    public async Task Rewound(int grown, CancellationToken cancel)
    {
        await OpenAsync();
        var topic = NewTopic();
        var kept = await FillAsync(topic, 5, cancel);
        await Store.BackUpAsync();
        await TickAsync(cancel);
        await FillAsync(topic, 3, cancel);
        var lost = (await ReadAsync(topic, kept, cancel)).Items;
        await Store.RewindAsync();
        await TickAsync(cancel);
        var head = grown == 0 ? kept : await FillAsync(topic, grown, cancel);

        foreach (var place in lost.Select(item => item.Position))
        {
            var page = await ReadAsync(topic, place, cancel);
            Assert.That((page.Gap, page.Head, page.End), Is.EqualTo(((GapReason?)GapReason.Reset, head, head)), place.ToString());
            AreContiguous(page.Start, page.Items);
            Assert.That(page.Start.Sequence, Is.LessThanOrEqualTo(kept.Sequence), "nothing that came after the rewind is left out");
        }
        var survivor = await ReadAsync(topic, kept, cancel);
        Assert.That((survivor.Gap, survivor.Items.Count), Is.EqualTo(((GapReason?)null, grown)),
            "a reader that had seen only what survived misses nothing");
    }
}
