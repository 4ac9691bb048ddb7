using Realtime.Server.Log;
using Realtime.Server.Notifications;
using Realtime.Server.Redis;
using Realtime.Tests.Log;
using Realtime.Tests.Support;
using StackExchange.Redis;

namespace Realtime.Tests.Redis;

/// <summary>
/// While a slot of a Redis Cluster moves, its keys are on two servers. Redis then refuses a call for several of them unless one server has all.
/// </summary>
[CancelAfter(90_000)]
internal sealed class SlotMoveTests
{
    private static readonly PageLimit Everything = new(10_000, int.MaxValue);

    private RedisCluster _cluster = null!;
    private ConnectionMultiplexer _admin = null!;
    private RedisNode _one = null!, _two = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _cluster = await RedisCluster.StartAsync();
        _admin = await ConnectionMultiplexer.ConnectAsync(_cluster.ConnectionString);
        _one = await RedisNode.StartAndListenAsync(_cluster.ConnectionString);
        _two = await RedisNode.StartAndListenAsync(_cluster.ConnectionString);
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await _one.DisposeAsync();
        await _two.DisposeAsync();
        _admin.Dispose();
        await _cluster.DisposeAsync();
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task Publishes_repeats_and_reads_go_on_in_every_state_of_a_slot_that_moves(bool logFirst)
    {
        var topic = Topic.User(Guid.NewGuid().ToString());
        var slot = _admin.HashSlot(RedisKeys.Log(topic));
        var (from, to) = FromTo(slot);
        var story = new Story(_one, _two, topic, () => NeighbourOf(slot));
        await story.BeginAsync();
        await story.ContinueAsync("before");
        var move = await SlotMove.BeginAsync(slot, from, to);
        await story.ContinueAsync("nothing has moved");
        string[] keys = [RedisKeys.Log(topic)!, RedisKeys.Head(topic)!];
        await move.MoveAsync(logFirst ? keys[0] : keys[1]);
        await story.ContinueAsync("half has moved");
        await move.MoveAsync(logFirst ? keys[1] : keys[0]);
        await story.ContinueAsync("log and head have moved");
        await move.EndAsync();
        await story.ContinueAsync("all has moved");
        await story.EndAsync();
    }

    /// <summary>The servers that a slot is on and goes to.</summary>
    private (IRedisServer From, IRedisServer To) FromTo(int slot)
    {
        var from = _cluster.Shards.Single(shard => shard.Port == ((System.Net.IPEndPoint)_admin.GetServer(KeyIn(slot)).EndPoint).Port);
        return (from, _cluster.Shards.First(shard => shard != from));
    }

    private RedisKey KeyIn(int slot) => RedisKeys.Log(NeighbourOf(slot));

    /// <summary>A new topic in the same slot.</summary>
    private Topic NeighbourOf(int slot)
    {
        while (true)
        {
            var topic = Topic.User($"{Random.Shared.NextInt64()}");
            if (_admin.HashSlot(RedisKeys.Log(topic)) == slot) return topic;
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
                Assert.That((await one.Log.StoreAsync(Drafts.Keyed($"{Guid.NewGuid()}", "x", other))).Sequences, Is.EqualTo([count + 1]), state);
                _neighbours[other] = count + 1;
            }

            // 4. What is read, and acknowledged.
            var page = await two.Log.ReadAsync(topic, null, Everything, CancellationToken.None);
            Assert.That(page.Items.Select(item => item.Position.Sequence), Is.EqualTo(Enumerable.Range(1, _texts.Count)), state);
            Assert.That(page.Head, Is.EqualTo(page.Items[^1].Position), state);
            var rest = await one.Log.ReadAsync(topic, page.Items[1].Position, Everything, CancellationToken.None);
            Assert.That((rest.Gap, rest.Items.Count), Is.EqualTo(((GapReason?)null, _texts.Count - 2)), state);
            Assert.That(await one.Log.AcknowledgeAsync(topic.Text["user:".Length..], new Dictionary<Topic, Position> { [topic] = page.Head }, CancellationToken.None), state);
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
