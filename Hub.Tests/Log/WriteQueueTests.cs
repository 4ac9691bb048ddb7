using Realtime.Server.Log.Sqlite.Writing;
using Realtime.Server.Notifications;

namespace Realtime.Tests.Log;

/// <summary>How much the writer takes at a time. The test plays the threads that the writer lets run first.</summary>
internal sealed class WriteQueueTests
{
    [Test]
    public void The_writer_takes_also_what_others_add_when_it_stands_back()
    {
        var others = new Queue<NoWrite>([new(), new()]);
        var queue = Queue(queue => { if (others.TryDequeue(out var write)) queue.TryAdd(write); });
        queue.TryAdd(new NoWrite());
        Assert.That(queue.Take(out var writes, out _), Is.True);
        Assert.That(writes, Has.Count.EqualTo(3));
    }

    [Test]
    public void The_writer_stops_standing_back_when_nobody_adds()
    {
        var times = 0;
        var queue = Queue(_ => times++);
        queue.TryAdd(new NoWrite());
        queue.Take(out _, out _);
        Assert.That(times, Is.EqualTo(1));
    }

    [Test]
    public void Others_who_never_stop_adding_hold_the_writer_up_only_until_it_has_a_good_group()
    {
        var queue = Queue(queue => queue.TryAdd(new NoWrite()));
        queue.TryAdd(new NoWrite());
        queue.Take(out var writes, out _);
        Assert.That(writes, Has.Count.EqualTo(WriteQueue.GoodGroup));
    }

    [Test]
    public void Upkeep_alone_waits_for_nobody()
    {
        var queue = Queue(_ => Assert.Fail("It stood back."));
        queue.AskForUpkeep();
        queue.Take(out var writes, out var upkeep);
        Assert.That((writes.Count, upkeep), Is.EqualTo((0, true)));
    }

    private static WriteQueue Queue(Action<WriteQueue> standBack)
    {
        WriteQueue? queue = null;
        return queue = new WriteQueue(() => standBack(queue!));
    }

    private sealed class NoWrite : IPendingWrite
    {
        public long QueuedAt => 0;

        public int Weight => 1;

        public bool IsAnswered => false;

        public void Write(WriterSession session) { }

        public void Announce(Action<Topic, Notification> announce) { }

        public void Succeed() { }

        public void Fail(Exception reason) { }
    }
}
