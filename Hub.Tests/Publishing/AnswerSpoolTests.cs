using Microsoft.Win32.SafeHandles;
using Realtime.Server.Publishing;
using Realtime.Server.Publishing.Batch;
using Realtime.Tests.Support;

namespace Realtime.Tests.Publishing;

/// <summary>Responses that wait for a client: in memory, then in a file, never lost or out of order.</summary>
[CancelAfter(60_000)]
internal sealed class AnswerSpoolTests
{
    private static readonly BatchLimits Small = new() { ChunkBytes = 64, ChunksInMemory = 2, FileBytes = 1_024 };

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(3)]
    public Task Whatever_the_pace_of_both_sides_the_bytes_come_out_as_they_went_in(int seed, CancellationToken cancel) =>
        AssertKeepsAsync(seed, TemporaryFile.Open, cancel);

    [Test]
    public Task They_do_so_where_there_is_no_file(CancellationToken cancel) =>
        AssertKeepsAsync(4, () => throw new DirectoryNotFoundException(), cancel);

    [Test]
    public Task They_do_so_where_the_file_takes_nothing(CancellationToken cancel)
    {
        Requires.Linux();
        return AssertKeepsAsync(5, () => File.OpenHandle("/dev/full", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite), cancel);
    }

    [Test]
    public Task They_do_so_where_there_is_a_file_only_later(CancellationToken cancel)
    {
        var tries = 0;
        return AssertKeepsAsync(6, () => tries++ < 50 ? throw new UnauthorizedAccessException() : TemporaryFile.Open(), cancel);
    }

    [Test]
    public async Task Without_a_file_the_writer_waits_for_the_reader(CancellationToken cancel)
    {
        using var spool = new AnswerSpool(Small, () => throw new IOException());
        for (var n = 0; n < Small.ChunksInMemory; n++) spool.Write(new byte[Small.ChunkBytes]);
        Assert.That(spool.IsFull, Is.False, "what fits into memory needs no file");
        spool.Write(new byte[Small.ChunkBytes]);
        Assert.That(spool.IsFull);
        var room = spool.RoomAsync(cancel).AsTask();
        for (var n = 0; n <= Small.ChunksInMemory; n++)
        {
            Assert.That(room.IsCompleted, Is.False);
            Assert.That((await spool.TakeAsync(cancel)).Length, Is.EqualTo(Small.ChunkBytes));
        }
        await Eventually.Ends("there is room", room, cancel);
    }

    private static async Task AssertKeepsAsync(int seed, Func<SafeFileHandle> open, CancellationToken cancel)
    {
        const int Total = 200_000;
        using var spool = new AnswerSpool(Small, open);
        var writing = Task.Run(async () =>
        {
            var random = new Random(seed);
            for (var written = 0; written < Total;)
            {
                var count = Math.Min(random.Next(1, 300), Total - written);
                spool.Write([.. Enumerable.Range(written, count).Select(n => (byte)n)]);
                written += count;
                if (spool.IsFull) await spool.RoomAsync(cancel);
            }
            spool.Complete();
        }, cancel);

        var read = 0;
        while (await spool.TakeAsync(cancel) is { IsEmpty: false } bytes)
        {
            foreach (var one in bytes.ToArray()) Assert.That(one, Is.EqualTo((byte)read++));
            if (read % 7 == 0) await Task.Yield();
        }
        await writing;
        Assert.That(read, Is.EqualTo(Total));
    }

    [Test]
    public async Task A_writer_is_told_when_the_file_is_full_and_when_there_is_room(CancellationToken cancel)
    {
        using var spool = new AnswerSpool(Small);
        while (!spool.IsFull) spool.Write(new byte[64]);
        var room = spool.RoomAsync(cancel).AsTask();
        Assert.That(room.IsCompleted, Is.False);
        while (spool.IsFull) Assert.That((await spool.TakeAsync(cancel)).Length, Is.Positive);
        await Eventually.Ends("there is room", room, cancel);
    }

    [Test]
    public void The_file_holds_more_than_the_answers_of_a_whole_batch()
    {
        // Each line's body is full of names of two-byte characters, which the answer spells \u00E9.
        const int EscapedPerBodyByte = 3, FramePerTopic = 64;
        const long LongestAnswer = ((long)PublishLimits.BodyBytes * EscapedPerBodyByte) + (PublishLimits.Users * FramePerTopic);
        Assert.That(new BatchLimits().FileBytes, Is.GreaterThan(LongestAnswer * PublishLimits.BatchLines));
    }
}
