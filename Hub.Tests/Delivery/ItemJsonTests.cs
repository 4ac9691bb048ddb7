using System.Buffers;
using System.Text.Json;
using Realtime.Server.Delivery;
using Realtime.Server.Feed;
using Realtime.Server.Notifications;
using Realtime.Server.Notifications.Cursors;

namespace Realtime.Tests.Delivery;

/// <summary>
/// Every item fits into the room that is requested once for it, however long its names are and however much of them must be escaped.
/// </summary>
internal sealed class ItemJsonTests
{
    private const long Largest = CursorFormat.MaxNumber;

    // Private use and line separators take six bytes a character, a pair of surrogates twelve, quotes and backslashes two.
    [TestCase("x")]
    [TestCase("\"")]
    [TestCase("\\")]
    [TestCase("\u2028")]
    [TestCase("\uE000")]
    [TestCase("é")]
    [TestCase("\U0001F4E6")]
    [TestCase("\U0010FFFD")]
    public void The_longest_name_is_read_back_as_it_was(string character)
    {
        var topic = Topic.Group(string.Concat(Enumerable.Repeat(character, NameRules.MaxLength / character.Length)));
        var item = new CurrentItem(new CursorBuffer([Topic.User("u"), topic, Topic.All], new CursorChoice()));

        var notification = Written(item.AsNotification(topic, new(new(Largest, Largest), 0, "\"id\":\"i\"}"u8.ToArray())));
        var gap = Written(item.AsGap(topic, new(Largest, Largest, GapReason.Expired))).GetProperty("gap");

        using (Assert.EnterMultipleScope())
        {
            Assert.That(notification.GetProperty("topic").GetString(), Is.EqualTo(topic.Text));
            Assert.That(notification.GetProperty("sequence").GetInt64(), Is.EqualTo(Largest));
            Assert.That(notification.GetProperty("id").GetString(), Is.EqualTo("i"));
            Assert.That(gap.GetProperty("topic").GetString(), Is.EqualTo(topic.Text));
            Assert.That(gap.GetProperty("next").GetInt64(), Is.EqualTo(Largest));
        }
    }

    [Test]
    public void Every_reason_fits_with_the_largest_numbers()
    {
        var item = new CurrentItem(new CursorBuffer([Topic.All], new CursorChoice()));
        foreach (var reason in Enum.GetValues<GapReason>())
            Assert.That(Written(item.AsGap(Topic.All, new(long.MinValue, long.MinValue, reason))).GetProperty("gap").GetProperty("reason")
                .GetString(), Is.EqualTo(WireNames.Of(reason)));
        foreach (var reason in Enum.GetValues<CloseReason>())
            Assert.That(Written(item.AsClosing(new(reason, TimeSpan.MaxValue))).GetProperty("closing").GetProperty("reason")
                .GetString(), Is.EqualTo(WireNames.Of(reason)));
        Assert.That(Written(item.AsPosition()).GetProperty("cursor").GetString(), Has.Length.EqualTo(item.Cursor.Length));
    }

    [Test]
    public void A_gap_that_may_be_anywhere_has_no_topic_and_no_numbers()
    {
        var gap = Written(new CurrentItem(cursor: null).AsGap(topic: null, new(null, null, GapReason.Reset))).GetProperty("gap");
        Assert.That(gap.GetRawText(), Is.EqualTo("""{"topic":null,"after":null,"next":null,"reason":"reset"}"""));
    }

    private static JsonElement Written(CurrentItem item)
    {
        var output = new ExactBuffer();
        ItemJson.Write(output, item);
        return JsonSerializer.Deserialize<JsonElement>(output.Written.ToArray());
    }

    /// <summary>Returns exactly as many bytes as requested, so that an item that needs more room than it says fails.</summary>
    private sealed class ExactBuffer : IBufferWriter<byte>
    {
        private byte[] _piece = [];

        public List<byte> Written { get; } = [];

        public void Advance(int count) => Written.AddRange(_piece.AsSpan(0, count));

        public Memory<byte> GetMemory(int sizeHint = 0) => _piece = new byte[Math.Max(sizeHint, 1)];

        public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;
    }
}
