using Realtime.Server.Log;
using Realtime.Server.Log.Sqlite.Writing;
using Realtime.Server.Notifications;

namespace Realtime.Tests.Log;

/// <summary>
/// Which writes share a transaction of the embedded store: turns between wide publishes and the others, and order in a topic.
/// </summary>
[CancelAfter(30_000)]
internal sealed class WriteTurnsTests
{
    private const int LargeBody = 60 * 1024, LargeWeight = 61;

    private readonly Dictionary<object, string> _names = [];
    private WriteQueue _queue = null!;
    private WriteTurns _turns = null!;

    [SetUp]
    public void Begin()
    {
        _names.Clear();
        _turns = new(_queue = new());
    }

    [Test]
    public void A_wide_publish_is_taken_in_parts_until_all_its_topics_are_stored()
    {
        Add(Wide("w", 1_000));
        _queue.Close();
        var first = Take();
        Assert.That(_queue.Take(out _, out _), Is.True, "there is more to do");
        var parts = TakeAll().Prepend(first).ToList();
        Assert.That(parts.Select(part => part.Sum(write => write.Weight)), Is.All.LessThan(WriteTurns.WidePerTransaction + LargeWeight));
        Assert.That(parts.SelectMany(part => part).Cast<WidePart>()
            .SelectMany(part => part.Places), Is.EqualTo(Enumerable.Range(0, 1_000)));
        Assert.That(_queue.Take(out _, out _), Is.False);
    }

    [Test]
    public void Others_have_their_turn_between_two_parts()
    {
        Add(Wide("w", 1_000));
        Take();
        Add([.. Enumerable.Range(0, 50).Select(n => Small($"s{n}", "somebody"))]);
        Assert.That(Take().Take(50).Select(Name), Is.EqualTo(Enumerable.Range(0, 50).Select(n => $"s{n}")));
        Assert.That(_turns.HasSmall, Is.False);
    }

    [Test]
    public void Wide_publishes_take_turns()
    {
        Add(Wide("first", 1_000), Wide("second", 100));
        var group = Take();
        Assert.That(group.Select(Name).Distinct(), Is.EqualTo(["first", "second"]));
        Add(Wide("third", 10));
        Assert.That(Take().Concat(Take()).Select(Name), Does.Contain("third"));
    }

    [Test]
    public void What_began_first_in_a_topic_is_stored_first()
    {
        Add(Wide("w", 1_000));
        Take();
        Add(Small("later", "wide-999"));
        var group = Take().Select(Describe).ToList();
        Assert.That(group[..2], Is.EqualTo(["w 999", "later"]));
        Assert.That(group.Skip(2).Concat(TakeAll().SelectMany(part => part).Select(Describe)), Has.None.EqualTo("w 999"), "and once");
    }

    [Test]
    public void So_it_is_between_wide_publishes()
    {
        Add(Wide("first", 1_000), WideTo("second", [.. Enumerable.Range(0, 10).Select(n => $"wide-{999 - n}")]));
        var order = TakeAll().SelectMany(part => part).Cast<WidePart>()
            .SelectMany(part => part.Places.Select(place => (Name: Name(part), Topic: part.Publish.Draft.Topics[place].Text))).ToList();
        foreach (var topic in order.GroupBy(it => it.Topic).Where(topic => topic.Count() > 1))
            Assert.That(topic.Select(it => it.Name), Is.EqualTo(["first", "second"]), topic.Key);
        Assert.That(order.GroupBy(it => it).All(it => it.Count() == 1), Is.True, "each topic once");
    }

    [Test]
    public void A_wide_publish_waits_for_what_began_before_it_however_much_that_is()
    {
        Add([.. Enumerable.Range(0, 200).Select(n => Small($"s{n}", "wide-0", LargeBody)), Wide("w", 100)]);
        var order = TakeAll().SelectMany(part => part).Select(Name).ToList();
        Assert.That(order.IndexOf("w"), Is.EqualTo(200));
    }

    [Test]
    public void What_has_been_answered_is_stored_no_further()
    {
        var wide = Wide("w", 1_000);
        Add(wide);
        Take();
        wide.Fail(new LogUnavailableException("The time was up."));
        Assert.That(Take(), Is.Empty);
        _queue.Close();
        Assert.That(_queue.Take(out _, out _), Is.False, "nor held");
    }

    [Test]
    public void What_is_held_is_answered_when_its_time_is_up()
    {
        var wide = Wide("w", 1_000);
        Add(wide);
        Take();
        _queue.FailQueuedBy(wide.QueuedAt, "late");
        Assert.That(wide.IsAnswered, Is.True);
    }

    private void Add(params IReadOnlyList<IPendingWrite> writes) => _turns.Add(writes);

    private List<IPendingWrite> Take()
    {
        var group = new List<IPendingWrite>();
        _turns.Take(group);
        _turns.Settle();
        return group;
    }

    private List<List<IPendingWrite>> TakeAll()
    {
        var all = new List<List<IPendingWrite>>();
        while (Take() is { Count: > 0 } group) all.Add(group);
        return all;
    }

    private AppendWrite Small(string name, string user, int bytes = 300) => Named(name, new AppendWrite(Of([user], bytes), 1));

    private WideAppend Wide(string name, int topics) => WideTo(name, [.. Enumerable.Range(0, topics).Select(n => $"wide-{n}")]);

    private WideAppend WideTo(string name, string[] users)
    {
        var draft = Of(users, LargeBody);
        Assert.That(WideAppend.IsWide(draft), Is.True);
        return Named(name, new WideAppend(draft, 1));
    }

    private static Draft Of(string[] users, int bytes) => new("id", [.. users.Select(Topic.User)], new byte[bytes], Key: null);

    private T Named<T>(string name, T write)
        where T : class
    {
        _names[write] = name;
        return write;
    }

    private string Name(IPendingWrite write) => _names[write is WidePart part ? part.Publish : write];

    private string Describe(IPendingWrite write) => write is WidePart part ? $"{Name(write)} {string.Join(',', part.Places)}" : Name(write);
}
