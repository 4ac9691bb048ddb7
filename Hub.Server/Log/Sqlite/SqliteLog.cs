using Realtime.Server.Log.Sqlite.Tables;
using Realtime.Server.Log.Sqlite.Writing;
using Realtime.Server.Node;
using Realtime.Server.Notifications;

namespace Realtime.Server.Log.Sqlite;

/// <summary>The embedded store: one SQLite file, one writer that commits in groups, and concurrent readers.</summary>
/// <remarks>An append has completed when it is on disk (write-ahead log, <c>synchronous=FULL</c>).</remarks>
internal sealed partial class SqliteLog(
    LogOptions options, Action<Topic, Notification> announce, HubCounters counters, TimeProvider time, ILogger<SqliteLog> logger,
    int indexDue = Indexing.DefaultDue) : INotificationLog, IErasure, IMeasuredStore, IAsyncDisposable
{
    /// <summary>
    /// After this wait a write is answered "not confirmed", up to one check interval later: within the two seconds of docs/PROTOCOL.md.
    /// </summary>
    private static readonly TimeSpan LongestWrite = TimeSpan.FromSeconds(1.7);
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>How often retention looks for expired entries.</summary>
    private static readonly TimeSpan UpkeepInterval = TimeSpan.FromSeconds(1);

    /// <summary>How long closing waits for a writer that is blocked by the disk.</summary>
    private static readonly TimeSpan LongestClose = TimeSpan.FromSeconds(5);

    private const string NotConfirmed = "Not confirmed in time: it may have been stored. Repeat with the same key.";

    private const string InBackups = "Copies of the store's files and backups that were made before.";
    private const string InPages = "Remains of entries that SQLite had moved, in unused parts of the file, until it writes there again.";
    private const string InWriteAheadLog = "The store's write-ahead log, until another program ends its transaction on the file.";

    private readonly WriteQueue _queue = new();
    private readonly TaskCompletionSource _writerEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private StoreFolder? _folder;
    private ReaderPool? _readers;
    private ITimer? _watch;
    private ITimer? _upkeep;

    /// <summary>Opens the store, creates it if it is missing, and starts the writer. Call once, before anything else.</summary>
    /// <exception cref="StoreUnusableException">The store cannot be used as it is.</exception>
    public Task OpenAsync(CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        _folder = StoreFolder.Open(options.DataPath);
        var unindexed = new Unindexed();
        var writer = new LogWriter(_folder.DatabasePath, _queue, unindexed, indexDue, options.Retention, announce, counters, time, logger);
        writer.Open();
        _readers = new ReaderPool(_folder.DatabasePath, unindexed, time);
        new Thread(() => Write(writer)) { Name = "SqliteLog writer", IsBackground = true }.Start();
        _watch = time.CreateTimer(_ => AnswerTheLate(), null, LookInterval, LookInterval);
        _upkeep = time.CreateTimer(_ => _queue.AskForUpkeep(), null, UpkeepInterval, UpkeepInterval);
        Opened(_folder.DatabasePath, options.Retention.Age, options.Retention.Count);
        return Task.CompletedTask;
    }

    /// <remarks>
    /// <paramref name="cancel"/> is observed until the draft is queued. From then on the draft is stored, and waiting for it takes less
    /// than two seconds.
    /// </remarks>
    public Task<AppendOutcome> AppendAsync(Draft draft, CancellationToken cancel) =>
        Enqueue<AppendOutcome>(WideAppend.IsWide(draft)
            ? new WideAppend(draft, time.GetTimestamp())
            : new AppendWrite(draft, time.GetTimestamp()), cancel);

    public Task<bool> AcknowledgeAsync(string user, IReadOnlyDictionary<Topic, Position> positions, CancellationToken cancel) =>
        Enqueue(new AcknowledgeWrite(user, positions, time.GetTimestamp()), cancel);

    public ValueTask<LogPage> ReadAsync(Topic topic, Position? after, PageLimit limit, CancellationToken cancel) =>
        Readers.ReadAsync(static (session, ask) => session.Read(ask.topic, ask.after, ask.limit), (topic, after, limit), cancel);

    public ValueTask<IReadOnlyDictionary<Topic, Position>> ReadAcknowledgedAsync(string user, CancellationToken cancel) =>
        Readers.ReadAsync(static (session, user) => session.ReadAcknowledged(user), user, cancel);

    public async Task<Erased> EraseAsync(string user)
    {
        var (entries, step) = (0L, default(EraseStep));
        do
        {
            step = await WriteAsync(new EraseWrite(user, step.HasMore ? step.UpTo.Sequence : null, time.GetTimestamp()));
            entries += step.Removed;
        }
        while (step.HasMore);
        return new(entries, step.UpTo, step.IsCut ? [InBackups, InPages] : [InBackups, InPages, InWriteAheadLog]);
    }

    /// <summary>Queues a write of another part of the store, such as a revocation.</summary>
    /// <exception cref="LogUnavailableException">Not confirmed.</exception>
    public Task<T> WriteAsync<T>(PendingWrite<T> write) => Enqueue(write, CancellationToken.None);

    /// <summary>Writes everything that was queued, then closes the file, so that another process may open it.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Close();
        if (_folder is null) return;
        try
        {
            await _writerEnded.Task.WaitAsync(LongestClose, time);
        }
        catch (TimeoutException)
        {
            // The process ends with it. The lock stays held until then, so that no other process writes at the same time.
            WriterStuck(LongestClose);
            return;
        }
        if (_watch is not null) await _watch.DisposeAsync();
        if (_upkeep is not null) await _upkeep.DisposeAsync();
        _readers?.Dispose();
        _folder.Dispose();
    }

    int IMeasuredStore.WaitingWrites => _queue.Waiting;

    long? IMeasuredStore.WriteAheadLogBytes => _folder is null ? null : WriteAheadLog.BytesOf(_folder.DatabasePath);

    private ReaderPool Readers => _readers ?? throw new LogUnavailableException("The store is not open yet.");

    private Task<T> Enqueue<T>(PendingWrite<T> write, CancellationToken cancel)
    {
        if (cancel.IsCancellationRequested) return Task.FromCanceled<T>(cancel);
        if (_readers is not null && _queue.TryAdd(write)) return write.Task;
        counters.Refused.Add(RefusingLimit.WaitingWrites);
        write.Fail(new LogUnavailableException(
            $"The store is not open, or {WriteQueue.Capacity} writes wait for it already. Nothing was stored."));
        return write.Task;
    }

    private void Write(LogWriter writer)
    {
        try
        {
            using (writer) writer.Run();
            _writerEnded.SetResult();
        }
        catch (Exception e)
        {
            // A bug in this program: refusing everything is better than accepting writes that are never written.
            _queue.Close();
            _queue.FailQueuedBy(long.MaxValue, NotConfirmed);
            _writerEnded.SetException(e);
        }
    }

    private void AnswerTheLate() =>
        _queue.FailQueuedBy(time.GetTimestamp() - (long)(LongestWrite.TotalSeconds * time.TimestampFrequency), NotConfirmed);

    [LoggerMessage(LogEventIds.Opened, LogLevel.Information, "Log: {File}, keeps {Age} or {Count} notifications per topic.")]
    private partial void Opened(string file, TimeSpan age, int count);

    [LoggerMessage(LogEventIds.WriterStuck, LogLevel.Error, "The store did not finish its last write within {Limit}: the disk is stuck.")]
    private partial void WriterStuck(TimeSpan limit);
}
