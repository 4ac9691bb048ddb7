using FsCheck;
using FsCheck.Fluent;
using Realtime.Server.Notifications;

namespace Realtime.Tests.Notifications;

internal sealed class CursorTests
{
    private const long LargeSequence = 999_999_999;
    private const long Stamp = 1_795_340_400_123;

    [Test]
    public void A_cursor_reads_back_as_the_positions_it_was_made_of() =>
        Check.QuickThrowOnFailure(Prop.ForAll(Positions(), positions =>
        {
            var text = Cursor.Format([.. positions.Select((p, i) => (TopicAt(i), p))]);
            Assert.That(Cursor.TryParse(text, "alice", out var cursor));
            for (var i = 0; i < positions.Length; i++)
            {
                Assert.That(cursor!.TryGet(TopicAt(i), out var position));
                Assert.That(position, Is.EqualTo(positions[i]));
            }
        }));

    [TestCase(5, 128)]
    [TestCase(102, 2500)]
    public void A_cursor_is_short_and_made_of_characters_that_pass_through_urls(int topics, int limit)
    {
        var text = Format(topics);
        Assert.That(text, Has.Length.LessThanOrEqualTo(limit));
        Assert.That(text, Does.Match("^[A-Za-z0-9._~-]+$"));
    }

    [Test]
    public void A_cursor_that_was_cut_anywhere_is_refused()
    {
        var text = Format(3);
        for (var length = 0; length < text.Length; length++) Assert.That(Cursor.TryParse(text[..length], out _), Is.False, $"cut to {length}");
    }

    [Test]
    public void A_cursor_with_a_changed_character_is_refused()
    {
        var text = Format(3);
        for (var i = 0; i < text.Length; i++)
        {
            var changed = text[..i] + (text[i] == 'x' ? 'y' : 'x') + text[(i + 1)..];
            Assert.That(Cursor.TryParse(changed, out _), Is.False, $"changed at {i}");
        }
    }

    [TestCase("")]
    [TestCase("1")]
    [TestCase("latest")]
    [TestCase("1AAAA")]
    [TestCase("1AAAA\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4")]
    [TestCase(null)]
    public void What_is_no_cursor_is_refused(string? text) => Assert.That(Cursor.TryParse(text, out _), Is.False);

    [Test]
    public void Somebody_elses_cursor_is_refused() => Assert.That(Cursor.TryParse(Format(3), "bob", out _), Is.False);

    [Test]
    public void A_cursor_that_moves_step_by_step_is_spelled_like_one_made_at_once()
    {
        var buffer = new CursorBuffer([TopicAt(0), TopicAt(1)]);
        buffer.Move(0, new Position(1, Stamp));
        buffer.Move(1, new Position(7, Stamp + 1));
        buffer.Move(0, new Position(2, Stamp + 2));
        Assert.That(
            System.Text.Encoding.ASCII.GetString(buffer.Utf8),
            Is.EqualTo(Cursor.Format([(TopicAt(0), new(2, Stamp + 2)), (TopicAt(1), new(7, Stamp + 1))])));
    }

    private static string Format(int topics) =>
        Cursor.Format([.. Enumerable.Range(0, topics).Select(i => (TopicAt(i), new Position(LargeSequence + i, Stamp + i)))]);

    private static Topic TopicAt(int index) => index switch
    {
        0 => Topic.User("alice"),
        1 => Topic.All,
        _ => Topic.Group($"group {index}"),
    };

    private static Arbitrary<Position[]> Positions()
    {
        var numbers = Gen.Choose(0, int.MaxValue).Select(n => (long)n * 2000);
        var position = numbers.Two().Select(pair => pair.Item1 == 0 || pair.Item2 == 0 ? Position.Start : new Position(pair.Item1, pair.Item2));
        return position.NonEmptyListOf().Select(list => list.Take(40).ToArray()).ToArbitrary();
    }
}
