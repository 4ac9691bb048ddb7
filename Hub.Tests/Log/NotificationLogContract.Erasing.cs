using Realtime.Server.Log;
using Realtime.Server.Notifications;

namespace Realtime.Tests.Log;

internal abstract partial class NotificationLogContract
{
    private IErasure Erasure => (IErasure)Log;

    [Test]
    public async Task What_was_erased_is_a_gap_of_those_who_were_behind_and_none_of_those_at_the_head(CancellationToken cancel)
    {
        await OpenAsync();
        var (topic, other) = (NewTopic(), NewTopic());
        var places = new List<Position> { Position.Start };
        for (var i = 0; i < 5; i++) places.Add(await FillAsync(topic, 1, cancel));
        await FillAsync(other, 2, cancel);
        var tagged = (await ItemsAsync(topic, cancel))[2].Position;

        var erased = await Erasure.EraseAsync(UserOf(topic));
        Assert.That((erased.Entries, erased.Head), Is.EqualTo((5L, places[5])));
        Assert.That(erased.Stays, Is.Not.Empty);
        await ErasedIsTrueAsync();
        await Store.ReopenAsync();
        await ErasedIsTrueAsync();

        // The numbers go on, and what comes then is a reader's next.
        await FillAsync(topic, 2, cancel);
        foreach (var place in (Position[])[.. places[..5], tagged])
        {
            var page = await ReadAsync(topic, place, cancel);
            Assert.That((page.Gap, page.Start), Is.EqualTo(((GapReason?)GapReason.Expired, places[5])), $"{place}");
            Assert.That(Sequences(page.Items), Is.EqualTo([6, 7]));
        }
        var atHead = await ReadAsync(topic, places[5], cancel);
        Assert.That(atHead.Gap, Is.Null);
        Assert.That(Sequences(atHead.Items), Is.EqualTo([6, 7]));
        AreContiguous(places[5], atHead.Items);
        Assert.That(Sequences((await ReadAsync(other, null, cancel)).Items), Is.EqualTo([1, 2]), "another user's stay");

        async Task ErasedIsTrueAsync()
        {
            var all = await ReadAsync(topic, null, cancel);
            Assert.That((all.Gap, all.Start, all.Items.Count, all.Head), Is.EqualTo(((GapReason?)null, places[5], 0, places[5])));
            foreach (var place in (Position[])[.. places[..5], tagged])
            {
                var page = await ReadAsync(topic, place, cancel);
                Assert.That((page.Gap, page.Start, page.Items.Count), Is.EqualTo(((GapReason?)GapReason.Expired, places[5], 0)), $"{place}");
            }
            Assert.That((await ReadAsync(topic, places[5], cancel)).Gap, Is.Null);
        }
    }

    [Test]
    public async Task An_acknowledgement_is_erased_and_one_of_another_user_stays(CancellationToken cancel)
    {
        await OpenAsync();
        var (mine, other) = (NewTopic(), NewTopic());
        foreach (var topic in new[] { mine, other })
        {
            var head = await FillAsync(topic, 2, cancel);
            Assert.That(await Log.AcknowledgeAsync(UserOf(topic), new Dictionary<Topic, Position> { [topic] = head }, cancel));
        }
        await Erasure.EraseAsync(UserOf(mine));
        Assert.That(await Log.ReadAcknowledgedAsync(UserOf(mine), cancel), Is.Empty);
        Assert.That(await Log.ReadAcknowledgedAsync(UserOf(other), cancel), Has.Count.EqualTo(1));
        // A device that is late acknowledges what it had.
        var late = (await ReadAsync(mine, Position.Start, cancel)).Head;
        Assert.That(await Log.AcknowledgeAsync(UserOf(mine), new Dictionary<Topic, Position> { [mine] = late }, cancel));
    }

    [Test]
    public async Task A_repeat_of_a_key_brings_nothing_back(CancellationToken cancel)
    {
        await OpenAsync();
        var topic = NewTopic();
        var draft = Drafts.Keyed("once", "first", topic);
        var first = await StoreAsync(draft, cancel);
        await Erasure.EraseAsync(UserOf(topic));
        var repeat = await StoreAsync(Drafts.Keyed("once", "first", topic), cancel);
        Assert.That((repeat.Duplicate, repeat.Id, repeat.Sequences[0]), Is.EqualTo((true, first.Id, first.Sequences[0])));
        Assert.That(await ItemsAsync(topic, cancel), Is.Empty);
    }

    [Test]
    public async Task A_large_topic_is_erased_and_erasing_it_again_or_an_unknown_user_changes_nothing(CancellationToken cancel)
    {
        await OpenAsync();
        var topic = NewTopic();
        var appends = Enumerable.Range(0, 700).Select(n => Log.AppendAsync(Drafts.Of($"{n}", topic), cancel)).ToList();
        await Task.WhenAll(appends);
        Assert.That((await Erasure.EraseAsync(UserOf(topic))).Entries, Is.EqualTo(700));
        var again = await Erasure.EraseAsync(UserOf(topic));
        Assert.That((again.Entries, again.Head.Sequence), Is.EqualTo((0L, 700L)));
        var unknown = await Erasure.EraseAsync("unknown user");
        Assert.That((unknown.Entries, unknown.Head), Is.EqualTo((0L, Position.Start)));
    }

    private static string UserOf(Topic topic) => topic.Text["user:".Length..];
}
