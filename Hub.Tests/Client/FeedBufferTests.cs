using Realtime.Client;
using Realtime.Client.Feed.Items;
using Realtime.Tests.Support;

namespace Realtime.Tests.Client;

[CancelAfter(30_000)]
internal sealed class FeedBufferTests
{
    [Test]
    public async Task Who_waits_for_room_goes_on_when_half_is_free(CancellationToken cancel)
    {
        var buffer = new FeedBuffer(4, 1000);
        for (var n = 0; n < 4; n++) buffer.Add(Item(1));
        Assert.That(buffer.IsFull);
        var room = buffer.RoomAsync(cancel);
        buffer.Remove();
        Assert.That(room.IsCompleted, Is.False, "one free place is not worth a new subscription");
        buffer.Remove();
        await Eventually.Ends("there is room", room, cancel);
        Assert.That(buffer.IsEmpty, Is.False);
    }

    [Test]
    public void Big_data_fills_it_before_their_number_does()
    {
        var buffer = new FeedBuffer(4, 1000);
        buffer.Add(Item(999));
        Assert.That(buffer.IsFull, Is.False);
        buffer.Add(Item(1));
        Assert.That(buffer.IsFull);
    }

    [Test]
    public async Task Positions_alone_do_not_keep_a_reader_from_being_up_to_date(CancellationToken cancel)
    {
        var buffer = new FeedBuffer(4, 1000);
        buffer.Add(new Buffered(null, "c", 0));
        Assert.That(buffer.IsEmpty);
        Assert.That(await buffer.WaitAsync(cancel), "but the loop takes them");
    }

    [Test]
    public async Task What_is_there_comes_before_the_end(CancellationToken cancel)
    {
        var buffer = new FeedBuffer(4, 1000);
        buffer.Add(Item(1));
        buffer.Complete(new FormatException("the end"));
        Assert.That(await buffer.WaitAsync(cancel));
        buffer.Remove();
        Assert.That(async () => await buffer.WaitAsync(cancel), Throws.TypeOf<FormatException>());
    }

    private static Buffered Item(int bytes) => new(new OrderGap { Cursor = "c", Reason = GapReason.Reset }, "c", bytes);
}
