using Realtime.Server.Log.Sqlite;
using Realtime.Server.Log.Sqlite.Tables;
using Realtime.Tests.Support;

namespace Realtime.Tests.Log;

/// <summary>
/// Writes go to the write-ahead log first. The checkpointer copies it into the main file while the writer continues, and its space is
/// reused.
/// </summary>
[CancelAfter(60_000)]
internal sealed class CheckpointerTests
{
    private const int Due = 50, Rows = 1_000, PageBytes = 4_096;
    private const long DueBytes = (long)Due * PageBytes, WaitingBytes = WriteAheadLog.MostTimesDue * DueBytes;
    private const long MostBytes = WaitingBytes + DueBytes;   // one transaction adds less

    private DirectoryInfo _place = null!;

    private string File => Path.Combine(_place.FullName, "realtime.db");

    private long LogLength => new FileInfo(File + "-wal").Length;

    private long MainLength => new FileInfo(File).Length;

    [SetUp]
    public void MakePlace() => _place = Directory.CreateTempSubdirectory("hub-checkpoint-");

    [TearDown]
    public void RemovePlace() => _place.Delete(recursive: true);

    [Test]
    public void The_write_ahead_log_does_not_grow_with_what_is_written()
    {
        using var writer = OpenStore();
        using var checkpointer = new Checkpointer(File, writer, Due);
        Write(writer, checkpointer, Rows);
        Assert.That(LogLength, Is.InRange(DueBytes, MostBytes));
        Assert.That(MainLength, Is.GreaterThan(MostBytes), "what was copied");
        using var reader = Database.OpenReader(File);
        Assert.That(reader.ReadNumber("SELECT count(*) FROM entries"), Is.EqualTo(Rows));
    }

    [Test]
    public async Task It_is_copied_while_the_writer_does_something_else(CancellationToken cancel)
    {
        using var goOn = new ManualResetEventSlim();
        using var writer = OpenStore();
        using var checkpointer = new Checkpointer(File, writer, Due, beforeCopy: () => goOn.Wait(cancel));
        Write(writer, checkpointer, Due / 2);   // two or three pages each: enough to be due, too few to wait
        Assert.That(MainLength, Is.LessThan(DueBytes / 2));
        goOn.Set();
        await Eventually.True("all is in the main file", () => MainLength >= DueBytes / 2, cancel: cancel);
    }

    [Test]
    public async Task The_writer_waits_for_a_copy_that_cannot_keep_up(CancellationToken cancel)
    {
        using var goOn = new ManualResetEventSlim();
        using var writer = OpenStore();
        using var checkpointer = new Checkpointer(File, writer, Due, beforeCopy: () => goOn.Wait(cancel));
        var writing = new Thread(() => Write(writer, checkpointer, Rows));
        writing.Start();
        await Eventually.True("the writer waits", () => writing.ThreadState is ThreadState.WaitSleepJoin, cancel: cancel);
        Assert.That(LogLength, Is.InRange(WaitingBytes, MostBytes));
        goOn.Set();
        writing.Join();
        Assert.That(LogLength, Is.LessThanOrEqualTo(MostBytes));
    }

    [Test]
    public async Task A_program_that_reads_the_file_keeps_the_writer_waiting_for_nothing_and_the_log_is_cut_when_it_has_gone(
        CancellationToken cancel)
    {
        using var writer = OpenStore();
        using var checkpointer = new Checkpointer(File, writer, Due);
        using (var reader = Database.OpenReader(File))
        {
            reader.Execute("BEGIN; SELECT count(*) FROM entries");
            // Before the fix the writer waited half a second for the reader each time a checkpoint was due: 25 s in all.
            await Eventually.Ends(
                "the writer has written", Task.Run(() => Write(writer, checkpointer, Rows), cancel), TimeSpan.FromSeconds(20), cancel);
            Assert.That(LogLength, Is.GreaterThan(MostBytes), "that program still sees what it saw");
            checkpointer.RetryIfHeldUp();
            await Eventually.True("it is known to be held up", () =>
            {
                checkpointer.CopyIfGrown();
                return checkpointer.PagesHeldUp > WriteAheadLog.CutAtTimesDue * Due;
            }, cancel);
        }
        await Eventually.True("it is cut", () =>
        {
            checkpointer.RetryIfHeldUp();
            checkpointer.CopyIfGrown();
            return LogLength == 0;
        }, cancel);
        Assert.That(checkpointer.PagesHeldUp, Is.Zero);
        Assert.That(writer.ReadNumber("SELECT count(*) FROM entries"), Is.EqualTo(Rows));
    }

    [Test]
    public void The_file_of_the_log_is_cut_by_SQLite_itself_too()
    {
        using var writer = OpenStore();
        Assert.That(writer.ReadNumber("PRAGMA journal_size_limit"), Is.EqualTo(WriteAheadLog.KeptBytes).And.LessThan(100 * 1024 * 1024));
    }

    private Database OpenStore()
    {
        var writer = Database.OpenWriter(File);
        writer.Execute("CREATE TABLE entries (body BLOB)");
        return writer;
    }

    private static void Write(Database writer, Checkpointer checkpointer, int rows)
    {
        for (var row = 0; row < rows; row++)
        {
            writer.Execute($"INSERT INTO entries VALUES (zeroblob({PageBytes}))");
            checkpointer.Committed();
            checkpointer.CopyIfGrown();
        }
    }
}
