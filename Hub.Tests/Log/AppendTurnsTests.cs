using Realtime.Server.Log.Redis;
using Realtime.Server.Log.Redis.Appends;
using Realtime.Server.Notifications;
using Realtime.Server.Redis;

namespace Realtime.Tests.Log;

/// <summary>Which appends share a call: its limits, turns between publishes, and order in a topic.</summary>
internal sealed class AppendTurnsTests
{
    private AppendTurns _turns = null!;
    private List<(PendingAppend Publish, int Appends)> _tooLate = null!;

    [SetUp]
    public void Begin() => (_turns, _tooLate) = (new(), []);

    [Test]
    public void A_call_takes_256_appends_at_most()
    {
        for (var i = 0; i < 300; i++) Add(topics: 1);
        Assert.That((Take().Count, Take().Count, Take().Count), Is.EqualTo((256, 44, 0)));
        Assert.That(RedisLogLimits.AppendsPerCall, Is.EqualTo(256));
    }

    [Test]
    public void A_call_takes_a_MiB_of_bodies_at_most()
    {
        for (var i = 0; i < 20; i++) Add(topics: 1, bytes: 64 * 1024);
        Assert.That((Take().Count, Take().Count), Is.EqualTo((16, 4)));
        Assert.That(RedisLogLimits.BytesPerCall, Is.EqualTo(1024 * 1024));
    }

    [Test]
    public void One_larger_append_goes_alone()
    {
        Add(topics: 1);
        var large = Add(topics: 1, bytes: (1024 * 1024) + 1);
        Add(topics: 1);
        Assert.That(Take(), Has.Count.EqualTo(1));
        Assert.That(Take().Single().Publish, Is.SameAs(large));
        Assert.That(Take(), Has.Count.EqualTo(1));
    }

    [Test]
    public void A_wide_publish_that_is_alone_fills_its_calls()
    {
        var wide = Add(topics: 1_000);
        var calls = new[] { Take(), Take(), Take(), Take(), Take() };
        Assert.That(calls.Select(call => call.Count), Is.EqualTo([256, 256, 256, 232, 0]));
        Assert.That(calls.SelectMany(call => call).Select(append => append.Index), Is.EquivalentTo(Enumerable.Range(0, 1_000)));
        Assert.That(wide.Unsent, Is.Empty);
    }

    [Test]
    public void A_wide_publish_holds_others_up_for_no_more_than_a_call()
    {
        Add(topics: 1_000);
        Take();
        var others = Enumerable.Range(0, 100).Select(_ => Add(topics: 1)).ToList();
        var next = Take();
        Assert.That(next.Select(append => append.Publish).Intersect(others).Count(), Is.EqualTo(100));
        Assert.That(next, Has.Count.EqualTo(256), "and it goes on itself");
    }

    [Test]
    public void Wide_publishes_take_turns()
    {
        var wide = Enumerable.Range(0, 3).Select(_ => Add(topics: 300)).ToList();
        Assert.That(Take().CountBy(append => append.Publish).Select(one => one.Value), Is.EqualTo([128, 64, 64]));
        Take();
        Assert.That(Take().Select(append => append.Publish).Distinct().Count(), Is.EqualTo(3));
        Take();
        Assert.That((Take().Count, wide.TrueForAll(publish => publish.Unsent is { Count: 0 }), _turns.Count), Is.EqualTo((0, true, 0)));
    }

    [Test]
    public void What_began_first_in_a_topic_goes_first_although_its_publish_needs_many_turns()
    {
        var topic = Topic.User("of both");
        var first = Add([.. Topics(500), topic, .. Topics(499)]);
        Take();
        var second = Add([.. Topics(500), topic]);
        var third = Add([topic]);
        List<TopicAppend> sent = [];
        while (_turns.Count > 0) sent.AddRange(Take());
        Assert.That(sent.Where(append => append.Topic == topic).Select(append => append.Publish), Is.EqualTo([first, second, third]));
        Assert.That(sent, Has.Count.EqualTo(1_000 - 256 + 501 + 1));
        Assert.That(sent, Is.Unique);
    }

    [Test]
    public void A_publish_that_the_end_of_a_call_cuts_goes_on_at_the_front_of_the_next()
    {
        for (var i = 0; i < 255; i++) Add(topics: 1);
        var cut = Add(topics: 3);
        for (var i = 0; i < 300; i++) Add(topics: 1);
        Assert.That(Take()[^1].Publish, Is.SameAs(cut));
        Assert.That(Take().Take(2).Select(append => append.Publish), Is.All.SameAs(cut));
    }

    [Test]
    public void What_has_no_time_left_is_not_sent()
    {
        var late = new PendingAppend([.. Topics(2)], new byte[10], null, new Deadline(TimeSpan.FromMilliseconds(100), TimeProvider.System));
        _turns.Add(late);
        var other = Add(topics: 1);
        Assert.That(Take().Single().Publish, Is.SameAs(other));
        Assert.That(_tooLate, Is.EqualTo([(late, 2)]));
        Assert.That(_turns.Count, Is.Zero);
    }

    private static IEnumerable<Topic> Topics(int count) => Enumerable.Range(0, count).Select(_ => Topic.User(Guid.NewGuid().ToString()));

    private PendingAppend Add(int topics, int bytes = 300) => Add([.. Topics(topics)], bytes);

    private PendingAppend Add(IReadOnlyList<Topic> topics, int bytes = 300)
    {
        var publish = new PendingAppend(topics, new byte[bytes], null, new Deadline(TimeSpan.FromHours(1), TimeProvider.System));
        _turns.Add(publish);
        return publish;
    }

    private List<TopicAppend> Take()
    {
        List<TopicAppend> group = [];
        _turns.Take(group, _tooLate);
        return group;
    }
}
