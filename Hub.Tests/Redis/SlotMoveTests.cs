using Realtime.Server.Log;
using Realtime.Server.Notifications;
using Realtime.Tests.Log;
using Realtime.Tests.Support;
using StackExchange.Redis;

namespace Realtime.Tests.Redis;

/// <summary>
/// While a slot of a Redis Cluster moves, its keys are on two servers. Redis then refuses a call for several of them unless one server has
/// all.
/// </summary>
[CancelAfter(90_000)]
internal sealed class SlotMoveTests : ClusterFixture
{
    private static readonly PageLimit Everything = new(10_000, int.MaxValue);

    [TestCase(true)]
    [TestCase(false)]
    public async Task Publishes_repeats_and_reads_go_on_in_every_state_of_a_slot_that_moves(bool logFirst)
    {
        var topic = Topic.User(Guid.NewGuid().ToString());
        var slot = Admin.HashSlot(DefaultNames.Keys.Log(topic));
        var (from, to) = FromTo(slot);
        var story = new Story(One, Two, topic, () => NeighbourOf(slot));
        await story.BeginAsync();
        await story.ContinueAsync("before");
        var move = await SlotMove.BeginAsync(slot, from, to);
        await story.ContinueAsync("nothing has moved");
        string[] keys = [DefaultNames.Keys.Log(topic)!, DefaultNames.Keys.Head(topic)!];
        await move.MoveAsync(logFirst ? keys[0] : keys[1]);
        await story.ContinueAsync("half has moved");
        await move.MoveAsync(logFirst ? keys[1] : keys[0]);
        await story.ContinueAsync("log and head have moved");
        await move.EndAsync();
        await story.ContinueAsync("all has moved");
        await story.EndAsync();
    }

    [Test]
    public async Task While_a_slot_moves_key_by_key_many_publish_and_nothing_is_lost_doubled_refused_or_out_of_order()
    {
        const int publishers = 6;
        var topic = Topic.User(Guid.NewGuid().ToString());
        var slot = Admin.HashSlot(DefaultNames.Keys.Log(topic));
        var (from, to) = FromTo(slot);
        for (var i = 0; i < 60; i++) await One.Log.StoreAsync(Drafts.Keyed($"{Guid.NewGuid()}", "before", topic));
        var reader = Two.Read(topic);
        await reader.BeginsAsync();
        var move = await SlotMove.BeginAsync(slot, from, to);
        using var moved = new CancellationTokenSource();
        var publishing = Enumerable.Range(0, publishers).Select(publisher => Task.Run(async () =>
        {
            var sequences = new List<long>();
            for (var i = 0; !moved.IsCancellationRequested || i < 10; i++)
            {
                var draft = i % 2 == 0 ? Drafts.Of("x", topic) : Drafts.Keyed($"{Guid.NewGuid()}", "x", topic);
                var stored = await (publisher % 2 == 0 ? One : Two).Log.StoreAsync(draft);
                sequences.Add(stored.Sequences[0]);
                if (i % 4 == 1)
                    Assert.That((await (i % 8 == 1 ? One : Two).Log.StoreAsync(draft)).Sequences, Is.EqualTo(stored.Sequences), "a repeat");
            }
            Assert.That(sequences, Is.Ordered.And.Unique);
            return sequences;
        })).ToList();
        while (await move.KeysLeftAsync() is { Count: > 0 } keys) await move.MoveAsync(keys[Random.Shared.Next(keys.Count)]);
        await move.EndAsync();
        await moved.CancelAsync();

        var told = (await Task.WhenAll(publishing)).SelectMany(sequences => sequences).Order().ToList();
        Assert.That(told, Is.EqualTo(Enumerable.Range(61, told.Count)));
        var page = await Two.Log.ReadAsync(topic, null, Everything, CancellationToken.None);
        Assert.That(page.Items.Select(item => item.Position.Sequence), Is.EqualTo(Enumerable.Range(1, 60 + told.Count)));
        await reader.GetsAsync([.. Enumerable.Repeat("x", told.Count)]);
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task What_a_node_had_begun_that_was_killed_while_a_slot_moved_is_stored_once(bool hadStored)
    {
        var topic = Topic.User(Guid.NewGuid().ToString());
        var key = $"{Guid.NewGuid()}";
        await One.Log.StoreAsync(Drafts.Of("1", topic));
        var before = await One.Log.StoreAsync(Drafts.Of("2", topic));
        var first = await One.Log.StoreAsync(Drafts.Keyed(key, "3", topic));
        // The state of an append that was interrupted: the record holds the position after which it began, and the head is not set yet.
        var database = Admin.GetDatabase();
        var log = DefaultNames.Keys.Log(topic);
        var entries = await database.StreamRangeAsync(log);
        await database.StringSetAsync(DefaultNames.Keys.Once(topic, first.Id), $"?{entries[1].Id}");
        await database.StringSetAsync(DefaultNames.Keys.Head(topic), entries[1].Id);
        if (!hadStored) await database.StreamDeleteAsync(log, [entries[2].Id]);

        if (hadStored)
            Assert.That((await Two.Log.StoreAsync(Drafts.Of("4", topic))).Sequences, Is.EqualTo([4]), "its number is not given again");
        var again = await Two.Log.StoreAsync(Drafts.Keyed(key, "3", topic));
        Assert.That((again.Id, again.Sequences[0], before.Sequences[0]), Is.EqualTo((first.Id, 3, 2)));
        var page = await Two.Log.ReadAsync(topic, null, Everything, CancellationToken.None);
        Assert.That(page.Items.Select(item => item.Position.Sequence), Is.EqualTo(Enumerable.Range(1, hadStored ? 4 : 3)));
        Assert.That((string?)await database.StringGetAsync(DefaultNames.Keys.Once(topic, first.Id)), Is.EqualTo("3"));
    }

    [Test]
    public async Task While_a_node_of_an_older_version_may_be_there_nothing_is_left_that_it_cannot_read()
    {
        var topic = Topic.User(Guid.NewGuid().ToString());
        var slot = Admin.HashSlot(DefaultNames.Keys.Log(topic));
        var (from, to) = FromTo(slot);
        await One.Log.StoreAsync(Drafts.Of("1", topic));
        var move = await SlotMove.BeginAsync(slot, from, to);
        One.Connection.MayStoreApart = false;
        try
        {
            var draft = Drafts.Keyed($"{Guid.NewGuid()}", "2", topic);
            Assert.That(() => One.Log.StoreAsync(draft), Throws.TypeOf<LogUnavailableException>());
            var storing = One.Log.StoreAsync(draft);
            await move.EndAsync();
            Assert.That((await storing).Sequences, Is.EqualTo([2]), "it waited for the slot");
        }
        finally
        {
            One.Connection.MayStoreApart = true;
        }
    }

    /// <summary>The source and target servers of a slot.</summary>
    private (IRedisServer From, IRedisServer To) FromTo(int slot)
    {
        var from = Cluster.Shards.Single(shard => shard.Port == ((System.Net.IPEndPoint)Admin.GetServer(KeyIn(slot)).EndPoint).Port);
        return (from, Cluster.Shards.First(shard => shard != from));
    }

    private RedisKey KeyIn(int slot) => DefaultNames.Keys.Log(NeighbourOf(slot));

    /// <summary>A new topic in the same slot.</summary>
    private Topic NeighbourOf(int slot)
    {
        while (true)
        {
            var topic = Topic.User($"{Random.Shared.NextInt64()}");
            if (Admin.HashSlot(DefaultNames.Keys.Log(topic)) == slot) return topic;
        }
    }

    /// <summary>Publishes to one topic by two nodes, with and without keys, and to new topics beside it.</summary>
    private sealed class Story(RedisNode one, RedisNode two, Topic topic, Func<Topic> newTopic)
    {
        private readonly List<string> _texts = [];
        private readonly List<(Draft Draft, AppendOutcome.Stored Stored)> _keyed = [];
        private readonly Dictionary<Topic, int> _neighbours = [];
        private RecordingReader _reader = null!;

        public async Task BeginAsync()
        {
            _reader = two.Read(topic);
            await _reader.BeginsAsync();
        }

        public async Task ContinueAsync(string state)
        {
            // 1. To the topic.
            await PublishAsync(one, $"{state} 1", key: null);
            await PublishAsync(two, $"{state} 2", $"{Guid.NewGuid()}");
            await PublishAsync(one, $"{state} 3", $"{Guid.NewGuid()}");
            await PublishAsync(two, $"{state} 4", key: null);

            // 2. All keys so far once more.
            foreach (var (draft, stored) in _keyed)
            {
                var again = await two.Log.StoreAsync(draft with { Id = Guid.NewGuid().ToString("N") });
                Assert.That((again.Duplicate, again.Id, again.Sequences[0]), Is.EqualTo((true, stored.Id, stored.Sequences[0])), state);
            }

            // 3. To topics that were never published to, and those of the states before.
            var (empty, neighbour) = (newTopic(), newTopic());
            Assert.That((await one.Log.ReadAsync(empty, null, Everything, CancellationToken.None)).Head, Is.EqualTo(Position.Start), state);
            await one.Log.StoreAsync(Drafts.Of("1", newTopic()));
            _neighbours[neighbour] = 0;
            foreach (var (other, count) in _neighbours)
            {
                Assert.That(
                    (await one.Log.StoreAsync(Drafts.Keyed($"{Guid.NewGuid()}", "x", other))).Sequences, Is.EqualTo([count + 1]), state);
                _neighbours[other] = count + 1;
            }

            // 4. What is read, and acknowledged.
            var page = await two.Log.ReadAsync(topic, null, Everything, CancellationToken.None);
            Assert.That(page.Items.Select(item => item.Position.Sequence), Is.EqualTo(Enumerable.Range(1, _texts.Count)), state);
            Assert.That(page.Head, Is.EqualTo(page.Items[^1].Position), state);
            var rest = await one.Log.ReadAsync(topic, page.Items[1].Position, Everything, CancellationToken.None);
            Assert.That((rest.Gap, rest.Items.Count), Is.EqualTo(((GapReason?)null, _texts.Count - 2)), state);
            Assert.That(
                await one.Log.AcknowledgeAsync(
                    topic.Text["user:".Length..], new Dictionary<Topic, Position> { [topic] = page.Head }, CancellationToken.None), state);
            await _reader.GetsAsync([.. _texts]);
        }

        public async Task EndAsync()
        {
            foreach (var (neighbour, count) in _neighbours)
                Assert.That((await two.Log.ReadAsync(neighbour, null, Everything, CancellationToken.None)).Items, Has.Count.EqualTo(count));
            foreach (var node in new[] { one, two })
                Assert.That(node.Messages.Where(message => message.StartsWith("Warning", StringComparison.Ordinal)), Is.Empty);
        }

        private async Task PublishAsync(RedisNode node, string text, string? key)
        {
            var draft = key is null ? Drafts.Of(text, topic) : Drafts.Keyed(key, text, topic);
            var stored = await node.Log.StoreAsync(draft);
            _texts.Add(text);
            Assert.That((stored.Duplicate, stored.Sequences[0]), Is.EqualTo((false, _texts.Count)), text);
            if (key is not null) _keyed.Add((draft, stored));
        }
    }
}
