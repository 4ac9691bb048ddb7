using System.Text;
using Realtime.Server.Notifications;
using Realtime.Server.Notifications.Cursors;

namespace Realtime.Tests.Notifications;

/// <summary>Which groups a cursor means if its abbreviation of them fits several.</summary>
internal sealed class CursorGroupTests
{
    private const long Stamp = 1_795_340_400_123;

    private static readonly Topic Alice = Topic.User("alice");

    [Test]
    public void A_cursor_of_the_first_version_is_still_read()
    {
        // Written by commit e4c6052.
        const string text = "1UCCL2r0duNNaaICoHX7AAAAAAMpP_OFJzZAAAAAAAAAAAAAAXvXvA2S2aICoHlnAAAAAIA";
        Position?[] expected = [new(12, 1_795_340_400_123), default(Position), new(512, 1_795_340_400_999)];
        Assert.That(Read(text, [Alice, Topic.Group("west"), Topic.All]), Is.EqualTo(expected));
    }

    [Test]
    public void A_group_that_stands_at_zero_costs_one_character()
    {
        Topic[] few = [Alice, Topic.Group("0"), Topic.All];
        Topic[] many = [Alice, .. Enumerable.Range(0, 7).Select(i => Topic.Group($"{i}")), Topic.All];
        Assert.That(Format(many, []).Length - Format(few, []).Length, Is.EqualTo(6));
        Assert.That(Format(few, [(0, 40)]), Has.Length.LessThanOrEqualTo(24));
    }

    [TestCase((byte)'1')]
    [TestCase((byte)'2')]
    public void Two_groups_whose_keys_meet_keep_their_own_positions(byte version)
    {
        var (one, other) = Meeting();
        Topic[] topics = [Alice, one, other, Topic.Group("west"), Topic.All];
        var text = Format(topics, [(0, 3), (1, 7), (2, 9)], version);
        Assert.That(Read(text, topics), Is.EqualTo(new[] { P(3), P(7), P(9), default(Position), default(Position) }.Cast<Position?>()));
        // The same with one of them gone, in another order, or at zero.
        Assert.That(Read(text, [Alice, other, Topic.All])[1], Is.EqualTo((Position?)P(9)));
        Assert.That(Read(text, [Alice, other, one, Topic.All])[1], Is.EqualTo((Position?)P(9)));
        Assert.That(Read(Format(topics, [(2, 9)], version), topics)[1..3], Is.EqualTo(new Position?[] { default(Position), P(9) }));
    }

    [Test]
    public void A_cursor_of_the_first_version_in_which_two_keys_meet_is_read_by_their_order()
    {
        var (one, other) = Meeting();
        Topic[] topics = [Alice, one, other, Topic.All];
        Span<byte> text = stackalloc byte[200];
        var length = CursorVersion1.Write(text, [.. topics.Select(TopicKey.Of)], [P(3), P(7), P(9), P(1)]);
        Assert.That(Read(Encoding.ASCII.GetString(text[..length]), topics), Is.EqualTo(new Position?[] { P(3), P(7), P(9), P(1) }));
    }

    [Test]
    public void A_group_that_joins_later_and_meets_another_one_gets_no_position()
    {
        var (one, later) = Meeting();
        var text = Format([Alice, one, Topic.All], [(1, 7)]);
        Assert.That(Read(text, [Alice, later, one, Topic.All])[1..3], Is.EqualTo(new Position?[] { null, P(7) }));
    }

    [Test]
    public void A_group_that_joins_later_is_not_taken_for_one_at_zero_that_is_spelled_alike()
    {
        Topic[] zeroes = [.. Enumerable.Range(0, 20).Select(i => Topic.Group($"zero {i}"))];
        var text = Format([Alice, .. zeroes, Topic.All], []);
        var spelled = zeroes.Select(topic => CursorVersion2.ZeroOf(TopicKey.Of(topic))).ToHashSet();
        Topic[] alike = [.. Enumerable.Range(0, 10_000).Select(i => Topic.Group($"later {i}"))
            .Where(topic => spelled.Contains(CursorVersion2.ZeroOf(TopicKey.Of(topic)))).Take(2)];

        var read = Read(text, [Alice, .. alike, .. zeroes, Topic.All]);
        Assert.That(read[1..3], Is.EqualTo(new Position?[] { null, null }));
        Assert.That(read[3..23], Has.All.EqualTo(default(Position)));
    }

    [Test]
    public void A_single_group_is_not_taken_for_the_one_that_it_replaced()
    {
        var old = Topic.Group("old");
        var alike = Enumerable.Range(0, 10_000).Select(i => Topic.Group($"new {i}"))
            .First(topic => CursorVersion2.ZeroOf(TopicKey.Of(topic)) == CursorVersion2.ZeroOf(TopicKey.Of(old)));
        Assert.That(Read(Format([Alice, old, Topic.All], []), [Alice, alike, Topic.All])[1], Is.Null);
    }

    [Test]
    public void Where_a_group_has_left_every_group_that_may_be_at_zero_counts_as_such()
    {
        Topic[] before = [Alice, Topic.Group("left"), Topic.Group("stays"), Topic.All];
        var alike = Enumerable.Range(0, 10_000).Select(i => Topic.Group($"new {i}"))
            .First(topic => CursorVersion2.ZeroOf(TopicKey.Of(topic)) == CursorVersion2.ZeroOf(TopicKey.Of(before[2])));
        Assert.That(Read(Format(before, []), [Alice, alike, Topic.Group("stays"), Topic.All])[2], Is.EqualTo((Position?)default(Position)),
            "never lost");
    }

    [Test]
    public void Many_groups_that_are_spelled_alike_are_read_in_bounded_time()
    {
        Topic[] topics = [.. Enumerable.Range(0, 20_000).Select(i => Topic.Group($"g{i}"))
            .Where(topic => CursorVersion2.ZeroOf(TopicKey.Of(topic)) == 7).Take(100)];
        var read = Read(Format([Alice, .. topics[..50], Topic.All], []), [Alice, .. topics, Topic.All]);
        Assert.That(read[1..51], Has.All.EqualTo(default(Position)), "more tries than are made: all of them count");
    }

    [Test]
    public void Two_notifications_have_different_tags_and_one_always_the_same()
    {
        var tags = Enumerable.Range(0, 1000)
            .Select(i => NotificationTag.Of(Encoding.ASCII.GetBytes($"\"id\":\"00112233445566778899{i:x12}\",\"type\":\"a\"}}"))).ToList();
        Assert.That(tags, Has.All.InRange(1, (1 << NotificationTag.Bits) - 1));
        Assert.That(tags.Distinct().Count(), Is.GreaterThan(990));
        Assert.That(NotificationTag.Of("\"id\":\"00112233445566778899000000000001\",\"type\":\"a\"}"u8),
            Is.EqualTo(tags[1]).And.EqualTo(WrittenTag), "nodes of later versions compare with it");
    }

    [TestCase((byte)'1', (byte)'1')]
    [TestCase((byte)'1', (byte)'2')]
    [TestCase((byte)'2', (byte)'2')]
    [TestCase((byte)'2', (byte)'1')]
    public void Groups_are_kept_while_nobody_knows_which_they_are(byte version, byte later)
    {
        var (one, other) = Meeting();
        Topic[] topics = [Alice, Topic.Group("zero"), one, Topic.Group("west"), other, Topic.All];
        var text = Format(topics, [(0, 3), (2, 7), (3, 8), (4, 9), (5, 1)], version);
        foreach (var sequence in (long[])[20, 30]) text = Keep(text, sequence, later);
        Assert.That(Read(text, topics), Is.EqualTo(new Position?[] { P(30), default(Position), P(7), P(8), P(9), P(31) }));
        Assert.That(Read(text, [Alice, Topic.All]), Is.EqualTo(new Position?[] { P(30), P(31) }));
        Assert.That(Read(text, [Alice, Topic.Group("new"), Topic.All])[1], Is.Null);
    }

    [Test]
    public void At_most_a_hundred_groups_are_kept()
    {
        Topic[] topics = [Alice, .. Enumerable.Range(0, 120).Select(i => Topic.Group($"{i}")), Topic.All];
        var text = Format(topics, [(0, 20), .. Enumerable.Range(1, 80).Select(i => (i, (long)i)), (121, 21)]);
        var read = Read(Keep(text, 20), topics);
        Assert.That(read[1..81], Is.EqualTo(Enumerable.Range(1, 80).Select(i => (Position?)P(i))));
        Assert.That(Keep(Keep(text, 20), 20), Is.EqualTo(Keep(text, 20)));
        Assert.That(Keep(text, 20), Has.Length.EqualTo(text.Length - 20), "a character for a group at zero");
    }

    [Test]
    public void A_cursor_without_groups_keeps_none()
    {
        var text = Format([Alice, Topic.All], [(0, 20), (1, 21)]);
        Assert.That(Keep(text, 20), Is.EqualTo(text));
    }

    private const int WrittenTag = 174_872;

    private static Position P(long sequence) => new(sequence, Stamp + sequence);

    /// <summary>Two groups whose keys have the same first 48 bits, found by trying 40 million names.</summary>
    private static (Topic One, Topic Other) Meeting() => (Topic.Group("team-10553279"), Topic.Group("team-37403141"));

    private static Position?[] Read(string text, Topic[] topics) =>
        Cursor.TryParse(text, "alice", out var cursor) ? cursor.PositionsIn(topics) : throw new AssertionException("No cursor.");

    /// <summary>The cursor of a reader that came with one whose groups it does not know.</summary>
    private static string Keep(string text, long sequence, byte version = CursorVersion2.Version)
    {
        Assert.That(Cursor.TryParse(text, "alice", out var cursor));
        var buffer = new CursorBuffer([Alice, Topic.All], new CursorChoice { Version = version })
        {
            Kept = cursor!.GroupsBeside([Alice, Topic.All]),
        };
        buffer.Move(0, P(sequence));
        buffer.Move(1, P(sequence + 1));
        return Encoding.ASCII.GetString(buffer.Utf8);
    }

    private static string Format(Topic[] topics, (int Topic, long Sequence)[] moves, byte version = CursorVersion2.Version)
    {
        var buffer = new CursorBuffer(topics, new CursorChoice { Version = version });
        foreach (var (topic, sequence) in moves) buffer.Move(topic, P(sequence));
        return Encoding.ASCII.GetString(buffer.Utf8);
    }
}
