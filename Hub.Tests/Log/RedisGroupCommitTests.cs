using Realtime.Server.Log;
using Realtime.Server.Log.Redis;
using Realtime.Server.Notifications;
using Realtime.Tests.Redis;
using Realtime.Tests.Support;

namespace Realtime.Tests.Log;

/// <summary>Calls that wait for Redis share one command. While Redis is frozen, all calls but the first wait.</summary>
[CancelAfter(90_000)]
internal sealed class RedisGroupCommitTests
{
    private static readonly PageLimit Everything = new(10_000, int.MaxValue);

    private IRedisServer _redis = null!;
    private RedisNode _node = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _redis = await RedisServers.StartAsync();
        _node = await RedisNode.StartAndListenAsync(_redis.ConnectionString);
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await _node.DisposeAsync();
        await _redis.DisposeAsync();
    }

    [SetUp]
    public async Task WarmUpAsync()
    {
        await Eventually.True("Redis is used", async () => await IsStoredAsync(Drafts.Keyed(Guid.NewGuid().ToString(), "1", NewTopic())));
        await _redis.AskAsync("CONFIG", "RESETSTAT");
    }

    [Test]
    public async Task What_waits_goes_together()
    {
        var appends = await WhileFrozenAsync(() => Enumerable.Range(0, 300).Select(i => _node.Log.StoreAsync(Drafts.Of($"{i}", NewTopic())))
            .ToList());
        Assert.That((await Task.WhenAll(appends)).Select(stored => stored.Sequences[0]), Is.All.EqualTo(1));
        // The first call goes out at once, the second as soon as enough appends wait, then the rest.
        Assert.That(await _redis.CallsOfAsync("evalsha"), Is.LessThanOrEqualTo(4 + ReadsOfNode));
        Assert.That(_node.Log.AppendsInFlight, Is.Zero);
    }

    [Test]
    public async Task Two_calls_are_under_way_at_most_and_what_waited_for_them_is_refused_unsent()
    {
        var topics = Enumerable.Range(0, 600).Select(_ => NewTopic()).ToList();
        var refusals = await WhileFrozenAsync(async () =>
        {
            var appends = topics.ConvertAll(topic => _node.Log.StoreAsync(Drafts.Of("1", topic)));
            var refusals = new List<LogUnavailableException>();
            foreach (var append in appends) refusals.Add(Assert.CatchAsync<LogUnavailableException>(() => append)!);
            await Task.CompletedTask;
            return refusals;
        });
        const int sent = 1 + RedisLogLimits.WorthACall;
        Assert.That(refusals.Count(why => why.InnerException!.Message.Contains("may still be carried out", StringComparison.Ordinal)),
            Is.EqualTo(sent));
        Assert.That(refusals.Count(why => why.InnerException!.Message.Contains("nothing was sent", StringComparison.Ordinal)),
            Is.EqualTo(topics.Count - sent));
        await Eventually.True("Redis is used again", async () => await IsStoredAsync(Drafts.Of("2", NewTopic())));
        var stored = 0;
        foreach (var topic in topics) stored += (await ItemsAsync(topic)).Count;
        Assert.That(stored, Is.EqualTo(sent).Or.Zero, "a link that was given up carries nothing");
        Assert.That(_node.Log.AppendsInFlight, Is.Zero);
        Assert.That(RedisLogLimits.CallsInFlight, Is.EqualTo(2));
    }

    [Test]
    public async Task Claims_that_wait_go_together()
    {
        var appends = await WhileFrozenAsync(() =>
            Enumerable.Range(0, 200).Select(i => _node.Log.StoreAsync(Drafts.Keyed($"together {i}", $"{i}", NewTopic()))).ToList());
        Assert.That((await Task.WhenAll(appends)).Select(stored => stored.Sequences[0]), Is.All.EqualTo(1));
        // The key records take three calls; the appends follow as their publishers continue.
        Assert.That(await _redis.CallsOfAsync("evalsha"), Is.LessThan(200));
    }

    [Test]
    public async Task One_refused_append_among_many_fails_alone()
    {
        var topics = Enumerable.Range(0, 100).Select(_ => NewTopic()).ToList();
        await _redis.AskAsync("SET", $"hub:log:{{{topics[30].Text}}}", "not a stream");
        var appends = await WhileFrozenAsync(
            () => topics.ConvertAll(topic => _node.Log.AppendAsync(Drafts.Of("1", topic), CancellationToken.None)));
        for (var i = 0; i < topics.Count; i++)
        {
            if (i == 30)
                Assert.That(
                    () => appends[i], Throws.TypeOf<LogUnavailableException>().With.InnerException.Message.Contains("is no stream"));
            else Assert.That(((AppendOutcome.Stored)await appends[i]).Sequences, Is.EqualTo([1]));
        }
        Assert.That(_node.HasSaid($"hub:log:{{{topics[30].Text}}}: UNFIT"));
    }

    [Test]
    public async Task One_topic_that_refuses_fails_its_publish_and_the_other_topics_have_it()
    {
        Topic[] topics = [NewTopic(), NewTopic(), NewTopic()];
        await _redis.AskAsync("SET", $"hub:log:{{{topics[1].Text}}}", "not a stream");
        Assert.That(() => _node.Log.StoreAsync(Drafts.Keyed("heals", "1", topics)), Throws.TypeOf<LogUnavailableException>());
        await _redis.AskAsync("DEL", $"hub:log:{{{topics[1].Text}}}");
        var stored = await _node.Log.StoreAsync(Drafts.Keyed("heals", "1", topics));
        Assert.That((stored.Duplicate, stored.Sequences), Is.EqualTo((true, (long[])[1, 1, 1])));
    }

    [Test]
    public async Task A_topic_keeps_the_order_in_which_appends_began_over_all_calls()
    {
        var (topic, others) = (NewTopic(), Enumerable.Range(0, 20).Select(_ => NewTopic()).ToList());
        var appends = new List<Task<AppendOutcome.Stored>>();
        for (var i = 0; i < 1_500; i++)
        {
            appends.Add(_node.Log.StoreAsync(i % 7 == 0 ? Drafts.Keyed($"order {i}", $"{i}", topic) : Drafts.Of($"{i}", topic)));
            if (i % 5 == 0) await _node.Log.StoreAsync(Drafts.Of($"{i}", [.. others]));
        }
        var stored = await Task.WhenAll(appends);
        Assert.That(stored.Select(one => one.Sequences[0]), Is.EqualTo(Enumerable.Range(1, 1_500)));
    }

    [Test]
    public async Task A_publish_to_a_thousand_topics_is_stored_in_all_and_keeps_its_place()
    {
        var shared = NewTopic();
        Topic[] topics = [.. Enumerable.Range(0, 999).Select(_ => NewTopic()), shared];
        var wide = _node.Log.StoreAsync(Drafts.Keyed("wide", "1", topics));
        var narrow = _node.Log.StoreAsync(Drafts.Of("2", shared));
        Assert.That((await narrow).Sequences, Is.EqualTo([2]), "it began later");
        Assert.That((await wide).Sequences, Is.All.EqualTo(1).And.Exactly(1_000).Items);
        Assert.That((await _node.Log.StoreAsync(Drafts.Keyed("wide", "1", topics))).Duplicate);
    }

    [Test]
    public async Task Appends_that_ran_out_are_unknown_and_their_keys_heal()
    {
        var drafts = Enumerable.Range(0, 40).Select(i => (Topic: NewTopic(), Key: $"heals {i}")).ToList();
        await WhileFrozenAsync(async () =>
        {
            foreach (var append in drafts.ConvertAll(one => _node.Log.StoreAsync(Drafts.Keyed(one.Key, "1", one.Topic))))
                Assert.That(() => append, Throws.TypeOf<LogUnavailableException>());
            await Task.CompletedTask;
            return true;
        });
        foreach (var (topic, key) in drafts)
        {
            await Eventually.True("the repeat is stored", async () => await IsStoredAsync(Drafts.Keyed(key, "1", topic)));
            Assert.That(await ItemsAsync(topic), Has.Count.EqualTo(1));
        }
    }

    [Test]
    public async Task While_Redis_forgets_its_scripts_again_and_again_nothing_is_lost_or_out_of_order()
    {
        var topic = NewTopic();
        var appends = new List<Task<AppendOutcome.Stored>>();
        for (var i = 0; i < 40; i++)
        {
            var flush = _redis.AskAsync("SCRIPT", "FLUSH");
            for (var k = 0; k < 40; k++) appends.Add(_node.Log.StoreAsync(Drafts.Of($"{i}-{k}", topic)));
            await flush;
        }
        Assert.That((await Task.WhenAll(appends)).Select(one => one.Sequences[0]), Is.EqualTo(Enumerable.Range(1, appends.Count)));
        Assert.That(await _redis.CallsOfAsync("eval"), Is.GreaterThan(1), "the text was sent again, or this test shows nothing");
    }

    /// <summary>The node itself reads now and then.</summary>
    private const int ReadsOfNode = 6;

    private static Topic NewTopic() => Topic.User(Guid.NewGuid().ToString());

    private async Task<T> WhileFrozenAsync<T>(Func<Task<T>> act)
    {
        await _redis.FreezeAsync();
        try
        {
            return await act();
        }
        finally
        {
            await _redis.ThawAsync();
        }
    }

    private Task<T> WhileFrozenAsync<T>(Func<T> act) => WhileFrozenAsync(() => Task.FromResult(act()));

    private async Task<bool> IsStoredAsync(Draft draft)
    {
        try
        {
            await _node.Log.StoreAsync(draft);
            return true;
        }
        catch (LogUnavailableException)
        {
            return false;
        }
    }

    private async Task<IReadOnlyList<Notification>> ItemsAsync(Topic topic) =>
        (await _node.Log.ReadAsync(topic, null, Everything, CancellationToken.None)).Items;
}
