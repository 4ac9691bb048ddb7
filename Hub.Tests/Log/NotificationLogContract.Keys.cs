using Realtime.Server.Log;
using Realtime.Server.Notifications;

namespace Realtime.Tests.Log;

internal abstract partial class NotificationLogContract
{
    [Test]
    public async Task A_repeated_key_stores_nothing_and_returns_the_first_result(CancellationToken cancel)
    {
        await OpenAsync();
        Topic[] topics = [NewTopic(), NewTopic(), Topic.Group("west"), Topic.All];
        await FillAsync(topics[1], 4, cancel);
        var first = await StoreAsync(Drafts.Keyed("k", "order", topics), cancel);
        await FillAsync(topics[0], 3, cancel);
        var second = await StoreAsync(Drafts.Keyed("k", "order", topics), cancel);
        Assert.That((first.Duplicate, second.Duplicate, second.Id), Is.EqualTo((false, true, first.Id)));
        Assert.That(second.Sequences, Is.EqualTo(first.Sequences));
        Assert.That(first.Sequences, Is.EqualTo([1, 5, 1, 1]));
        Assert.That(Sequences(await ItemsAsync(topics[0], cancel)), Is.EqualTo([1, 2, 3, 4]));
        Assert.That(Sequences(await ItemsAsync(Topic.All, cancel)), Is.EqualTo([1]));
    }

    [Test]
    public async Task A_repeat_is_answered_in_the_order_of_its_own_topics(CancellationToken cancel)
    {
        await OpenAsync();
        Topic[] topics = [NewTopic(), NewTopic(), NewTopic()];
        await FillAsync(topics[1], 1, cancel);
        await FillAsync(topics[2], 2, cancel);
        await StoreAsync(Drafts.Keyed("k", "order", topics), cancel);
        Assert.That(
            (await StoreAsync(Drafts.Keyed("k", "order", [topics[2], topics[0], topics[1]]), cancel)).Sequences, Is.EqualTo([3, 1, 2]));
    }

    [Test]
    public async Task A_key_that_comes_for_something_else_is_refused_and_stores_nothing(CancellationToken cancel)
    {
        await OpenAsync();
        var (one, other) = (NewTopic(), NewTopic());
        await StoreAsync(Drafts.Keyed("k", "order", [one]), cancel);
        foreach (var draft in new[] { Drafts.Keyed("k", "another order", [one]), Drafts.Keyed("k", "order", [other]),
            Drafts.Keyed("k", "order", [one, other]) })
            Assert.That(await Log.AppendAsync(draft, cancel), Is.TypeOf<AppendOutcome.KeyReused>());
        Assert.That(await ItemsAsync(other, cancel), Is.Empty);
        Assert.That(Sequences(await ItemsAsync(one, cancel)), Is.EqualTo([1]));
        Assert.That((await StoreAsync(Drafts.Keyed("k", "order", [one]), cancel)).Duplicate, "the refusals have not touched the key");
    }

    [Test]
    public async Task Of_repeats_at_the_same_time_one_stores_and_all_get_its_result(CancellationToken cancel)
    {
        await OpenAsync();
        Topic[] topics = [NewTopic(), Topic.All];
        for (var round = 0; round < 10; round++)
        {
            var stored = await Task.WhenAll(Enumerable.Range(0, 20)
                .Select(_ => Task.Run(() => StoreAsync(Drafts.Keyed($"k{round}", "order", topics), cancel), cancel)));
            Assert.That(stored.Count(it => !it.Duplicate), Is.EqualTo(1));
            Assert.That(stored.Select(it => it.Id).Distinct().Count(), Is.EqualTo(1));
            Assert.That(stored.SelectMany(it => it.Sequences).Distinct(), Is.EqualTo([round + 1]));
        }
        foreach (var topic in topics) Assert.That(Sequences(await ItemsAsync(topic, cancel)), Is.EqualTo(Enumerable.Range(1, 10)));
    }

    [Test]
    public async Task Of_different_drafts_with_one_key_at_the_same_time_one_wins(CancellationToken cancel)
    {
        await OpenAsync();
        var topic = NewTopic();
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 20)
            .Select(i => Task.Run(() => Log.AppendAsync(Drafts.Keyed("k", $"order {i}", [topic]), cancel), cancel)));
        Assert.That(outcomes.Count(it => it is AppendOutcome.Stored), Is.EqualTo(1));
        Assert.That(Sequences(await ItemsAsync(topic, cancel)), Is.EqualTo([1]));
    }

    [Test]
    public async Task Keys_are_told_apart_by_publisher_and_by_every_character(CancellationToken cancel)
    {
        await OpenAsync();
        var topic = NewTopic();
        (string Publisher, string Key)[] all =
        [
            ("a", "bc"), ("ab", "c"), ("a", "b:c"), ("a:b", "c"), ("{a}", "b"), ("a", "{b}"), ("a", "B"), ("A", "b"), ("a", "b"),
                ("a", "b~!'\"*?[]"), ("é", "b"),
            ("e\u0301", "b"), ("😀", "b"), (new string('x', 128), new string('y', 128)), (new string('x', 128), new string('y', 127)),
        ];
        foreach (var (publisher, key) in all)
            Assert.That(
                (await StoreAsync(Drafts.KeyedBy(publisher, key, "order", topic), cancel)).Duplicate, Is.False, $"{publisher} {key}");
        foreach (var (publisher, key) in all)
            Assert.That(
                (await StoreAsync(Drafts.KeyedBy(publisher, key, "order", topic), cancel)).Duplicate, Is.True, $"{publisher} {key}");
    }

    [Test]
    public async Task Without_a_key_every_append_is_a_new_notification(CancellationToken cancel)
    {
        await OpenAsync();
        var topic = NewTopic();
        for (var i = 0; i < 3; i++) Assert.That((await StoreAsync(Drafts.Of("order", topic), cancel)).Duplicate, Is.False);
        Assert.That(Sequences(await ItemsAsync(topic, cancel)), Is.EqualTo([1, 2, 3]));
    }

    [Test]
    public async Task A_key_is_remembered_over_a_restart(CancellationToken cancel)
    {
        await OpenAsync();
        var topic = NewTopic();
        var first = await StoreAsync(Drafts.Keyed("k", "order", [topic]), cancel);
        await Store.ReopenAsync();
        var second = await StoreAsync(Drafts.Keyed("k", "order", [topic]), cancel);
        Assert.That((second.Duplicate, second.Id, second.Sequences[0]), Is.EqualTo((true, first.Id, 1L)));
        Assert.That(await Log.AppendAsync(Drafts.Keyed("k", "other", [topic]), cancel), Is.TypeOf<AppendOutcome.KeyReused>());
    }

    [Test]
    public async Task A_repeat_is_answered_also_when_its_notification_is_no_longer_retained(CancellationToken cancel)
    {
        await OpenAsync(count: 2);
        var topic = NewTopic();
        var first = await StoreAsync(Drafts.Keyed("k", "order", [topic]), cancel);
        await FillAsync(topic, 6, cancel);
        await UntilFirstIsAsync(topic, 6, cancel);
        var second = await StoreAsync(Drafts.Keyed("k", "order", [topic]), cancel);
        Assert.That((second.Duplicate, second.Id, second.Sequences[0]), Is.EqualTo((true, first.Id, 1L)));
        Assert.That(Sequences(await ItemsAsync(topic, cancel)), Is.EqualTo([6, 7]));
    }

    [Test]
    public async Task A_repeat_announces_nothing(CancellationToken cancel)
    {
        await OpenAsync();
        var topic = NewTopic();
        for (var i = 0; i < 3; i++) await StoreAsync(Drafts.Keyed("k", "order", [topic]), cancel);
        await StoreAsync(Drafts.Of("last", topic), cancel);
        await UntilAsync("the last one is announced",
            () => Task.FromResult(_announced.Any(it => it.Topic == topic && it.Notification.Position.Sequence == 2)), cancel);
        // Announcements of earlier tests' notifications may still arrive for other topics.
        Assert.That(Sequences(_announced.Where(it => it.Topic == topic).Select(it => it.Notification)), Is.EqualTo([1, 2]));
    }
}
