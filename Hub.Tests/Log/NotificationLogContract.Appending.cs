using System.Text;
using Realtime.Server.Log;
using Realtime.Server.Notifications;
using Realtime.Tests.Support;

namespace Realtime.Tests.Log;

internal abstract partial class NotificationLogContract
{
    [Test]
    public async Task Numbers_count_from_one_in_each_topic_and_stamps_never_run_backwards(CancellationToken cancel)
    {
        await OpenAsync();
        var (one, other) = (NewTopic(), NewTopic());
        for (var i = 1; i <= 20; i++)
        {
            Assert.That((await StoreAsync(Drafts.Of("x", one), cancel)).Sequences, Is.EqualTo([i]));
            if (i % 3 == 0) Assert.That((await StoreAsync(Drafts.Of("y", other), cancel)).Sequences, Is.EqualTo([i / 3]));
        }
        foreach (var topic in new[] { one, other }) AreContiguous(Position.Start, await ItemsAsync(topic, cancel));
    }

    [Test]
    public async Task What_is_read_is_what_was_stored_byte_for_byte(CancellationToken cancel)
    {
        await OpenAsync();
        var topic = NewTopic();
        var drafts = new[] { Drafts.Of("é 😀 \\u2028 \u2028", topic), Drafts.Of(new string('x', 65_536), topic),
            Drafts.Of("", topic) with { Body = "\"id\":\"\"}"u8.ToArray() } };
        foreach (var draft in drafts) await StoreAsync(draft, cancel);
        Assert.That(Bodies(await ItemsAsync(topic, cancel)), Is.EqualTo(drafts.Select(Drafts.TextOf)));
    }

    [Test]
    public async Task A_notification_for_many_topics_is_in_each_of_them_under_the_number_that_was_answered(CancellationToken cancel)
    {
        await OpenAsync();
        Topic[] topics = [.. Enumerable.Range(0, 1_000).Select(_ => NewTopic()), Topic.Group("a group"), Topic.All];
        await StoreAsync(Drafts.Of("before", topics[7]), cancel);
        var draft = Drafts.Of("for all", topics);
        var stored = await StoreAsync(draft, cancel);
        Assert.That((stored.Id, stored.Duplicate), Is.EqualTo((draft.Id, false)));
        Assert.That(stored.Sequences, Is.EqualTo(topics.Select((_, i) => i == 7 ? 2 : 1)));
        foreach (var topic in topics) Assert.That(Bodies(await ItemsAsync(topic, cancel))[^1], Is.EqualTo(Drafts.TextOf(draft)));
    }

    [Test]
    public async Task Appends_that_are_started_one_after_the_other_keep_their_order(CancellationToken cancel)
    {
        await OpenAsync();
        var (topic, other) = (NewTopic(), NewTopic());
        var appends = Enumerable.Range(1, 300).Select(i => StoreAsync(Drafts.Of($"{i}", i % 2 == 0 ? [topic, other] : [topic]), cancel))
            .ToList();
        var stored = await Task.WhenAll(appends);
        Assert.That(stored.Select(it => it.Sequences[0]), Is.EqualTo(Enumerable.Range(1, 300)));
        Assert.That(stored.Where(it => it.Sequences.Count == 2).Select(it => it.Sequences[1]), Is.EqualTo(Enumerable.Range(1, 150)));
    }

    [Test]
    public async Task Whatever_many_append_at_once_is_stored_exactly_once_and_numbered_without_holes(CancellationToken cancel)
    {
        const int appenders = 16, each = 60;
        await OpenAsync();
        Topic[] topics = [NewTopic(), NewTopic(), NewTopic()];
        var told = new Dictionary<(Topic, long), string>();
        await Task.WhenAll(Enumerable.Range(0, appenders).Select(appender => Task.Run(async () =>
        {
            for (var i = 0; i < each; i++)
            {
                var draft = Drafts.Of($"{appender}/{i}", topics[i % 3], topics[(i + 1) % 3]);
                var stored = await StoreAsync(draft, cancel);
                lock (told)
                {
                    for (var t = 0; t < 2; t++) told.Add((draft.Topics[t], stored.Sequences[t]), Drafts.TextOf(draft));
                }
            }
        }, cancel)));

        var found = new Dictionary<(Topic, long), string>();
        foreach (var topic in topics)
        {
            var page = await ReadAsync(topic, null, cancel);
            AreContiguous(Position.Start, page.Items);
            foreach (var item in page.Items) found.Add((topic, item.Position.Sequence), Encoding.UTF8.GetString(item.Body.Span));
        }
        Assert.That(found.OrderBy(it => it.Value + it.Key, StringComparer.Ordinal),
            Is.EqualTo(told.OrderBy(it => it.Value + it.Key, StringComparer.Ordinal)));
    }

    [Test]
    public async Task What_is_stored_is_announced_once_and_in_order_per_topic(CancellationToken cancel)
    {
        await OpenAsync();
        Topic[] topics = [NewTopic(), Topic.Group("{a} b"), Topic.All];
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            for (var i = 0; i < 25; i++) await StoreAsync(Drafts.Of("x", topics), cancel);
        }, cancel)));
        // Only these topics: announcements of an earlier test may still arrive.
        await Eventually.True("all is announced", () => topics.All(topic => _announced.Count(it => it.Topic == topic) >= 200), cancel);
        foreach (var topic in topics)
        {
            var announced = _announced.Where(it => it.Topic == topic).Select(it => it.Notification).ToList();
            AreContiguous(Position.Start, announced);
            Assert.That(Bodies(announced), Is.EqualTo(Bodies(await ItemsAsync(topic, cancel))));
        }
    }

    [Test]
    public async Task Nothing_in_a_name_makes_two_topics_one(CancellationToken cancel)
    {
        await OpenAsync();
        string[] names =
        [
            "a", "A", "a ", " a", "a:b", "a::b", "{a}", "{a}:head", "}{", "a*", "a?", "[a]", "a\\", "a'b", "a\"b", "%61", "a%", "a_", "é",
                "e\u0301", "ａ", "ß",
            "😀", "all", "user:a", "group:a", "\u2028", "\uFEFFa", "a\u200B", "-", "--", "$", "0", "00", "null", new('x', 128),
                new string('x', 127) + "y",
            string.Concat(Enumerable.Repeat("😀", 64)), "'; DROP TABLE topics; --", "../../etc/passwd", "a\u00A0b",
        ];
        Topic[] topics = [.. names.Select(Topic.User), .. names.Select(Topic.Group), Topic.All];
        foreach (var topic in topics)
            Assert.That((await StoreAsync(Drafts.Of(topic.Text.Length.ToString(), topic), cancel)).Sequences, Is.EqualTo([1]), topic.Text);
        await StoreAsync(Drafts.Of("to all at once", topics), cancel);
        foreach (var topic in topics) Assert.That(Sequences(await ItemsAsync(topic, cancel)), Is.EqualTo([1, 2]), topic.Text);
    }

    [Test]
    public async Task An_append_that_was_cancelled_before_it_began_stores_nothing(CancellationToken cancel)
    {
        await OpenAsync();
        var topic = NewTopic();
        Assert.That(async () => await Log.AppendAsync(Drafts.Of("x", topic), new CancellationToken(canceled: true)),
            Throws.InstanceOf<OperationCanceledException>());
        Assert.That((await StoreAsync(Drafts.Of("y", topic), cancel)).Sequences, Is.EqualTo([1]));
    }

    [Test]
    public async Task What_was_stored_is_still_there_after_a_restart_and_numbers_go_on(CancellationToken cancel)
    {
        await OpenAsync();
        var topic = NewTopic();
        var head = await FillAsync(topic, 5, cancel);
        var before = Bodies(await ItemsAsync(topic, cancel));
        await Store.ReopenAsync();
        Assert.That(Bodies(await ItemsAsync(topic, cancel)), Is.EqualTo(before));
        await FillAsync(topic, 1, cancel);
        var page = await ReadAsync(topic, head, cancel);
        Assert.That((page.Gap, page.Items.Single().Previous), Is.EqualTo(((GapReason?)null, head)));
    }

    [Test]
    public async Task A_large_notification_for_many_topics_is_stored_in_each_once_whoever_repeats_it_meanwhile(CancellationToken cancel)
    {
        await OpenAsync();
        var topics = WideTopics();
        var large = new string('x', 60_000);
        var stored = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => StoreAsync(Drafts.Keyed("wide", large, topics), cancel)));
        Assert.That(stored.Count(it => !it.Duplicate), Is.EqualTo(1));
        Assert.That(stored.Select(it => it.Id).Distinct().Count(), Is.EqualTo(1));
        foreach (var one in stored) Assert.That(one.Sequences, Is.All.EqualTo(1));
        foreach (var topic in topics) Assert.That(Sequences(await ItemsAsync(topic, cancel)), Is.EqualTo([1]));
        Assert.That(await Log.AppendAsync(Drafts.Keyed("wide", large + "y", topics), cancel), Is.TypeOf<AppendOutcome.KeyReused>());
        Assert.That((await StoreAsync(Drafts.Keyed("wide", large, [.. topics.Reverse()]), cancel)).Sequences, Is.All.EqualTo(1),
            "a repeat finds it");
    }

    [Test]
    public async Task What_begins_after_a_large_notification_comes_behind_it_in_every_topic(CancellationToken cancel)
    {
        await OpenAsync();
        var topics = WideTopics();
        var before = topics.Select(topic => StoreAsync(Drafts.Of("before", topic), cancel)).ToList();
        var wide = StoreAsync(Drafts.Of(new string('x', 60_000), topics), cancel);
        var after = topics.Select(topic => StoreAsync(Drafts.Of("after", topic), cancel)).ToList();
        Assert.That((await Task.WhenAll(before)).Select(it => it.Sequences[0]), Is.All.EqualTo(1));
        Assert.That((await wide).Sequences, Is.All.EqualTo(2));
        Assert.That((await Task.WhenAll(after)).Select(it => it.Sequences[0]), Is.All.EqualTo(3));
    }

    // More than fit into one transaction of the embedded store, or into one call to Redis.
    private static Topic[] WideTopics() => [.. Enumerable.Range(0, 80).Select(_ => NewTopic("wide"))];
}
