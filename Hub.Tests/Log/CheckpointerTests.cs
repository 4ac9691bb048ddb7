using Realtime.Server.Log.Sqlite;
using Realtime.Tests.Support;

namespace Realtime.Tests.Log;

/// <summary>What is written stands in the write-ahead log first. It is copied into the main file while the writer goes on, and used again.</summary>
[CancelAfter(60_000)]
internal sealed class CheckpointerTests
{
    private const int Due = 50, Rows = 1_000, PageBytes = 4_096;
    private const long LongestLog = (long)(Checkpointer.LongestLog + 1) * Due * PageBytes;   // and what one transaction adds

    private DirectoryInfo _place = null!;

    private string File => Path.Combine(_place.FullName, "realtime.db");

    private long LogLength => new FileInfo(File + "-wal").Length;

    [SetUp]
    public void MakePlace() => _place = Directory.CreateTempSubdirectory("hub-checkpoint-");

    [TearDown]
    public void RemovePlace() => _place.Delete(recursive: true);

    [Test]
    public void The_write_ahead_log_does_not_grow_with_what_is_written()
    {
        using var writer = OpenStore();
        using var checkpointer = new Checkpointer(File, writer, Due);
        Write(writer, checkpointer);
        Assert.That(LogLength, Is.InRange(Due * PageBytes, LongestLog));
        Assert.That(new FileInfo(File).Length, Is.GreaterThan(LongestLog), "what was copied");
        using var reader = Database.OpenReader(File);
        Assert.That(reader.ReadNumber("SELECT count(*) FROM entries"), Is.EqualTo(Rows));
    }

    [Test]
    public async Task The_writer_waits_for_a_copy_that_cannot_keep_up(CancellationToken cancel)
    {
        using var goOn = new ManualResetEventSlim();
        using var writer = OpenStore();
        using var checkpointer = new Checkpointer(File, writer, Due, beforeCopy: () => goOn.Wait(cancel));
        var writing = new Thread(() => Write(writer, checkpointer));
        writing.Start();
        await Eventually.True("the writer waits", () => writing.ThreadState is ThreadState.WaitSleepJoin, cancel: cancel);
        Assert.That(LogLength, Is.InRange(Checkpointer.LongestLog * Due * PageBytes, LongestLog));
        goOn.Set();
        writing.Join();
        Assert.That(LogLength, Is.LessThanOrEqualTo(LongestLog));
    }

    private Database OpenStore()
    {
        var writer = Database.OpenWriter(File);
        writer.Execute("CREATE TABLE entries (body BLOB)");
        return writer;
    }

    private static void Write(Database writer, Checkpointer checkpointer)
    {
        for (var row = 0; row < Rows; row++)
        {
            writer.Execute($"INSERT INTO entries VALUES (zeroblob({PageBytes}))");
            checkpointer.Committed();
            checkpointer.CopyIfGrown();
        }
    }
}
