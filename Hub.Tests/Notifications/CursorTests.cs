using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Realtime.Server.Notifications;
using Realtime.Server.Notifications.Cursors;

namespace Realtime.Tests.Notifications;

[TestFixture((byte)'1')]
[TestFixture((byte)'2')]
internal sealed class CursorTests(byte version)
{
    private const long LargeSequence = 999_999_999;
    private const long Stamp = 1_795_340_400_123;
    private const int Tag = 4711;

    [Test]
    public void A_cursor_reads_back_as_the_positions_it_was_made_of() =>
        Check.QuickThrowOnFailure(Prop.ForAll(Positions(), positions =>
        {
            Topic[] topics = [.. positions.Select((_, i) => TopicAt(i))];
            Assert.That(Cursor.TryParse(Format(topics, positions), "alice", out var cursor));
            Assert.That(cursor!.PositionsIn(topics), Is.EqualTo(positions));
            Assert.That(cursor.PositionsIn(topics)
                .Select(position => position!.Value.Tag), Is.EqualTo(positions.Select(AsWritten).Select(position => position.Tag)));
        }));

    [TestCase(5, 128)]
    [TestCase(102, 2500)]
    public void A_cursor_is_short_and_made_of_characters_that_pass_through_urls(int topics, int limit)
    {
        var text = Format(topics, CursorFormat.MaxNumber - topics);
        Assert.That(text, Has.Length.LessThanOrEqualTo(limit));
        Assert.That(text, Does.Match("^[A-Za-z0-9._~-]+$"));
    }

    [Test]
    public void A_cursor_that_was_cut_anywhere_is_refused()
    {
        var text = Format(3);
        for (var length = 0; length < text.Length; length++)
            Assert.That(Cursor.TryParse(text[..length], "alice", out _), Is.False, $"cut to {length}");
    }

    [Test]
    public void A_cursor_with_a_changed_character_is_refused()
    {
        var text = Format(3);
        for (var i = 0; i < text.Length; i++)
        {
            var changed = text[..i] + (text[i] == 'x' ? 'y' : 'x') + text[(i + 1)..];
            Assert.That(Cursor.TryParse(changed, "alice", out _), Is.False, $"changed at {i}");
        }
    }

    [TestCase("")]
    [TestCase("1")]
    [TestCase("2")]
    [TestCase("latest")]
    [TestCase("1AAAA")]
    [TestCase("2AAAA")]
    [TestCase("3AAAAAAAAAA")]
    [TestCase(
        "1AAAA\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4")]
    [TestCase(null)]
    public void What_is_no_cursor_is_refused(string? text) => Assert.That(Cursor.TryParse(text, "alice", out _), Is.False);

    [Test]
    public void Any_text_is_refused_or_read_and_never_fails() =>
        Check.QuickThrowOnFailure(Prop.ForAll(ArbMap.Default.ArbFor<NonNull<string>>(), text =>
        {
            if (Cursor.TryParse((char)version + text.Get, "alice", out var cursor))
                _ = cursor.PositionsIn([Topic.User("alice"), Topic.All]);
        }));

    [Test]
    public void A_cursor_of_another_user_is_refused() => Assert.That(Cursor.TryParse(Format(3), "bob", out _), Is.False);

    [Test]
    public void A_cursor_that_moves_step_by_step_is_spelled_like_one_made_at_once()
    {
        Topic[] topics = [TopicAt(0), TopicAt(1)];
        var buffer = new CursorBuffer(topics, Choice());
        buffer.Move(0, new Position(1, Stamp));
        _ = buffer.Utf8;
        buffer.Move(1, new Position(7, Stamp + 1));
        buffer.Move(0, new Position(40, Stamp + 2));
        Assert.That(Encoding.ASCII.GetString(buffer.Utf8), Is.EqualTo(Format(topics, [new(40, Stamp + 2), new(7, Stamp + 1)])));
    }

    [Test]
    public void A_group_that_the_cursor_does_not_name_has_no_position_and_those_that_stay_keep_theirs()
    {
        Topic[] before = [TopicAt(0), Topic.Group("a"), Topic.Group("b"), Topic.Group("left"), Topic.All];
        Topic[] now = [TopicAt(0), Topic.Group("joined"), Topic.Group("b"), Topic.Group("a"), Topic.All];
        Assert.That(Read(Format(before, [P(1), P(2), default, P(4), P(5)]), now),
            Is.EqualTo(new Position?[] { P(1), null, default(Position), P(2), P(5) }));
    }

    private Position P(long sequence) => AsWritten(new(sequence, Stamp, Tag));

    private static Position?[] Read(string text, Topic[] topics) =>
        Cursor.TryParse(text, "alice", out var cursor) ? cursor.PositionsIn(topics) : throw new AssertionException("No cursor.");

    /// <summary>The first format has no tags.</summary>
    private Position AsWritten(Position position) => version == CursorVersion1.Version ? position with { Tag = 0 } : position;

    private string Format(int topics, long sequence = LargeSequence) =>
        Format([.. Enumerable.Range(0, topics).Select(TopicAt)],
            [.. Enumerable.Range(0, topics).Select(i => new Position(sequence + i, Stamp + i, Tag))]);

    private string Format(Topic[] topics, Position[] positions)
    {
        var buffer = new CursorBuffer(topics, Choice());
        for (var i = 0; i < topics.Length; i++) buffer.Move(i, positions[i]);
        return Encoding.ASCII.GetString(buffer.Utf8);
    }

    private CursorChoice Choice() => new() { Version = version };

    private static Topic TopicAt(int index) => index switch
    {
        0 => Topic.User("alice"),
        1 => Topic.All,
        _ => Topic.Group($"group {index}"),
    };

    private static Arbitrary<Position[]> Positions()
    {
        var numbers = Gen.Choose(0, int.MaxValue).Select(n => (long)n * 2000);
        var position = numbers.Two()
            .Select(pair => pair.Item1 == 0 || pair.Item2 == 0 ? Position.Start : new Position(pair.Item1, pair.Item2, Tag));
        var empty = Gen.Constant(Position.Start);
        return Gen.OneOf(position, empty).NonEmptyListOf().Select(list => list.Take(40).ToArray()).ToArbitrary();
    }
}
