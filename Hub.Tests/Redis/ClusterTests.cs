using Realtime.Server.Log;
using Realtime.Server.Notifications;
using Realtime.Tests.Log;
using Realtime.Tests.Support;
using StackExchange.Redis;

namespace Realtime.Tests.Redis;

/// <summary>
/// What happens only if topics are on different servers: a publish of which one half is stored, slots that move, a frozen shard.
/// </summary>
[CancelAfter(90_000)]
internal sealed class ClusterTests : ClusterFixture
{
    [Test]
    public async Task A_publish_that_one_of_its_topics_did_not_get_is_completed_by_a_repeat_on_another_node()
    {
        var (healthy, frozen) = (TopicOn(0), TopicOn(1));
        // The key record must not be on the frozen shard.
        var key = KeysOn(2).First();
        await One.Log.StoreAsync(Drafts.Of("before", healthy, frozen));
        await Cluster.Shards[1].FreezeAsync();
        try
        {
            var first = Drafts.Traced(Drafts.Keyed(key, "half", healthy, frozen), 1);
            Assert.That(() => One.Log.StoreAsync(first), Throws.TypeOf<LogUnavailableException>());
        }
        finally
        {
            await Cluster.Shards[1].ThawAsync();
        }

        var stored = await StoredInTheEndAsync("the repeat is stored", Two, Drafts.Traced(Drafts.Keyed(key, "half", healthy, frozen), 2));
        Assert.That((stored.Duplicate, stored.Sequences), Is.EqualTo((true, (long[])[2, 2])));
        foreach (var topic in new[] { healthy, frozen })
        {
            var items = (await Two.Log.ReadAsync(topic, null, new PageLimit(100, 100_000), CancellationToken.None)).Items;
            Assert.That(items, Has.Count.EqualTo(2), "once, although the first try arrived late");
            Assert.That(System.Text.Encoding.UTF8.GetString(items[1].Body.Span), Does.StartWith($"\"id\":\"{stored.Id}\"")
                .And.EndWith("-0000000000000001-01\"}"), "the trace of the first try");
        }
    }

    [Test]
    public async Task While_one_shard_stands_still_the_topics_of_the_others_go_on()
    {
        var (healthy, frozen) = (TopicOn(0), TopicOn(1));
        await Cluster.Shards[1].FreezeAsync();
        try
        {
            Assert.That(() => One.Log.StoreAsync(Drafts.Of("1", frozen)), Throws.TypeOf<LogUnavailableException>());
            Assert.That((await One.Log.StoreAsync(Drafts.Of("1", healthy))).Sequences, Is.EqualTo([1]));
        }
        finally
        {
            await Cluster.Shards[1].ThawAsync();
        }
        await StoredInTheEndAsync("the shard is used again", One, Drafts.Of("2", frozen));
    }

    [Test]
    public async Task While_one_shard_stands_still_only_publishes_whose_keys_are_kept_there_are_refused_and_at_once()
    {
        var healthy = TopicOn(0);
        var (there, elsewhere) = (KeysOn(1).Take(20).ToList(), KeysOn(2).Take(20).ToList());
        await Cluster.Shards[1].FreezeAsync();
        try
        {
            var first = One.Log.StoreAsync(Drafts.Keyed(there[0], "waits", healthy));
            Assert.That((await One.Log.StoreAsync(Drafts.Of("1", healthy))).Sequences, Is.EqualTo([1]), "what began later is not held up");
            Assert.That(() => first, Throws.TypeOf<LogUnavailableException>());
            // Each of these keys has a slot of its own.
            foreach (var key in there.Skip(1))
            {
                Assert.That(() => One.Log.StoreAsync(Drafts.Keyed(key, "refused", healthy)), Throws.TypeOf<LogUnavailableException>()
                    .With.InnerException.Message.EqualTo("Redis does not answer; nothing was sent."));
            }
            foreach (var key in elsewhere) await One.Log.StoreAsync(Drafts.Keyed(key, "stored", healthy));
        }
        finally
        {
            await Cluster.Shards[1].ThawAsync();
        }
        var stored = await StoredInTheEndAsync("the shard is used again", One, Drafts.Keyed(there[0], "waits", healthy));
        Assert.That(stored.Sequences, Is.EqualTo([2 + elsewhere.Count]));
    }

    [Test]
    public async Task While_one_shard_is_gone_publishes_to_the_others_go_on()
    {
        // A cluster and a node of its own, because the node loses its connection to the shard, and other shards redirect calls for its keys
        // to it.
        await using var cluster = await RedisCluster.StartAsync();
        await using var node = await RedisNode.StartAndListenAsync(cluster.ConnectionString);
        var healthy = TopicOn(0);
        await node.Log.StoreAsync(Drafts.Of("1", healthy));
        await cluster.Shards[1].KillAsync();
        Assert.That(() => node.Log.StoreAsync(Drafts.Of("refused", TopicOn(1))), Throws.TypeOf<LogUnavailableException>());
        foreach (var key in KeysOn(1).Take(10))
        {
            Assert.That(() => node.Log.StoreAsync(Drafts.Keyed(key, "refused", healthy)), Throws.TypeOf<LogUnavailableException>()
                .With.InnerException.Message.EqualTo("Redis does not answer; nothing was sent."));
        }
        foreach (var key in KeysOn(2).Take(10)) await node.Log.StoreAsync(Drafts.Keyed(key, "stored", healthy));
        Assert.That((await node.Log.StoreAsync(Drafts.Of("last", healthy))).Sequences, Is.EqualTo([12]));
    }

    [Test]
    public async Task A_node_that_listens_at_a_shard_that_stands_still_listens_at_another()
    {
        await using var node = await RedisNode.StartAndListenAsync(
            Cluster.ConnectionString, new() { Beacon = TimeSpan.FromSeconds(1), Comparison = null });
        var at = ListensAt(node);
        var reader = node.Read(TopicOn((at + 1) % 3));
        await reader.BeginsAsync();
        await Cluster.Shards[at].FreezeAsync();
        try
        {
            await Eventually.True("it listens at another", () => ListensAt(node) != at);
        }
        finally
        {
            await Cluster.Shards[at].ThawAsync();
        }
    }

    [Test]
    public async Task A_slot_that_moves_to_another_shard_takes_its_topics_along()
    {
        var topic = TopicOn(0);
        var reader = Two.Read(topic);
        await reader.BeginsAsync();
        await One.Log.StoreAsync(Drafts.Of("1", topic));
        await (await SlotMove.BeginAsync(Admin.HashSlot(DefaultNames.Keys.Log(topic)), Cluster.Shards[0], Cluster.Shards[1])).EndAsync();
        for (var i = 2; i <= 5; i++) Assert.That((await One.Log.StoreAsync(Drafts.Of($"{i}", topic))).Sequences, Is.EqualTo([i]));
        Assert.That(
            (await Two.Log.ReadAsync(topic, null, new PageLimit(100, 100_000), CancellationToken.None)).Items, Has.Count.EqualTo(5));
        await reader.GetsAsync("1", "2", "3", "4", "5");
    }

    [Test]
    public async Task A_publish_to_many_topics_lets_others_have_their_turn_and_keeps_its_place()
    {
        // All on one shard, which stores everything in the order in which it was sent.
        Topic[] topics = [.. Enumerable.Range(0, 900).Select(_ => TopicOn(0))];
        var other = TopicOn(0);
        await One.Log.StoreAsync(Drafts.Of("1", other));
        var wide = One.Log.AppendAsync(Drafts.Of("1", topics), CancellationToken.None);
        var (small, later) = (One.Log.StoreAsync(Drafts.Of("2", other)), One.Log.StoreAsync(Drafts.Of("2", topics[^1])));
        Assert.That((await later).Sequences, Is.EqualTo([2]), "the wide one began before it");
        await small;
        // It may time out on a slow machine; then it was not stored before the small one.
        await ((Task)wide).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var smallAt = (await StampsAsync(other))[1];
        var sample = topics.Where((_, i) => i % 10 == 0).ToList();
        var after = 0;
        foreach (var topic in sample) after += await StampsAsync(topic) is not [var stamp, ..] || stamp > smallAt ? 1 : 0;
        Assert.That(after, Is.GreaterThan(sample.Count / 3), "the small one was stored before most of the wide one");
    }

    private async Task<List<long>> StampsAsync(Topic topic)
    {
        var page = await One.Log.ReadAsync(topic, null, new PageLimit(100, int.MaxValue), CancellationToken.None);
        return [.. page.Items.Select(item => item.Position.Stamp)];
    }

    private static Task<AppendOutcome.Stored> StoredInTheEndAsync(string reason, RedisNode node, Draft draft) =>
        Eventually.Get<AppendOutcome.Stored>(reason, async () =>
        {
            try
            {
                return await node.Log.StoreAsync(draft);
            }
            catch (LogUnavailableException)
            {
                return null;
            }
        });

    private IEnumerable<string> KeysOn(int shard) =>
        Enumerable.Range(0, 1_000).Select(_ => $"{Guid.NewGuid():N}")
            .Where(text => ShardOf(DefaultNames.Keys.KeyRecord("shop", text)) == shard);

    /// <summary>The shard on which the node listened last.</summary>
    private int ListensAt(RedisNode node)
    {
        const string said = "Listening to announcements at ";
        var last = node.Messages.Last(message => message.Contains(said, StringComparison.Ordinal));
        return Cluster.Shards.ToList().FindIndex(shard => last.Contains($":{shard.Port}.", StringComparison.Ordinal));
    }

    private int ShardOf(RedisKey key) => Admin.HashSlot(key) * Cluster.Shards.Count / 16_384;

    private Topic TopicOn(int shard)
    {
        while (true)
        {
            var topic = Topic.User(Guid.NewGuid().ToString());
            // Not at a border, where rounding decides.
            if (Admin.HashSlot(DefaultNames.Keys.Log(topic)) % 5_461 > 1 && ShardOf(DefaultNames.Keys.Log(topic)) == shard) return topic;
        }
    }
}
