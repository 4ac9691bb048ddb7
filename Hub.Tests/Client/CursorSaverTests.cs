using Microsoft.Extensions.Logging.Abstractions;
using Realtime.Client;
using Realtime.Client.Cursors;
using Realtime.Tests.Support;

namespace Realtime.Tests.Client;

[CancelAfter(30_000)]
internal sealed class CursorSaverTests
{
    private readonly ManualTime _time = new();
    private readonly SlowStore _store = new();
    private CursorSaver _saver = null!;

    [SetUp]
    public void Begin()
    {
        _store.Reset();
        _saver = new CursorSaver(
            new() { CursorStore = _store, TimeProvider = _time, Server = new("https://hub.example") }, NullLogger.Instance);
    }

    [Test]
    public async Task A_slow_store_gets_the_newest_and_nobody_waits_for_it(CancellationToken cancel)
    {
        _saver.Save("1");
        await Eventually.True("the first is being saved", () => _store.Begun.Count == 1, cancel);
        foreach (var cursor in new[] { "2", "3", "3" }) _saver.Save(cursor);
        _store.Finish();
        await Eventually.True("the newest is being saved", () => _store.Begun.Count == 2, cancel);
        var flushed = _saver.FlushAsync();
        Assert.That(flushed.IsCompleted, Is.False);
        _store.Finish();
        await Eventually.Ends("everything is saved", flushed, cancel);
        Assert.That(_store.Begun, Is.EqualTo(["1", "3"]));
    }

    [Test]
    public async Task A_store_that_fails_does_not_end_anything(CancellationToken cancel)
    {
        _saver.Save("1");
        await Eventually.True("it is being saved", () => _store.Begun.Count == 1, cancel);
        _store.Finish(new IOException("The disk is full."));
        await Eventually.Ends("that is over", _saver.FlushAsync(), cancel);
        _saver.Save("2");
        await Eventually.True("the next is being saved", () => _store.Begun.Count == 2, cancel);
        _store.Finish();
        await Eventually.Ends("the next is saved", _saver.FlushAsync(), cancel);
        Assert.That(_store.Begun, Is.EqualTo(["1", "2"]));
    }

    [Test]
    public async Task A_store_that_hangs_is_not_waited_for_for_ever(CancellationToken cancel)
    {
        _saver.Save("1");
        var flushed = _saver.FlushAsync();
        _time.Advance(FeedLimits.SavePatience);
        await Eventually.Ends("the wait has its limit", flushed, cancel);
    }

    [Test]
    public async Task A_store_that_blocks_does_not_hold_the_reader_up(CancellationToken cancel)
    {
        using var blocked = new BlockingStore();
        var saver = new CursorSaver(
            new() { CursorStore = blocked, TimeProvider = _time, Server = new("https://hub.example") }, NullLogger.Instance);
        saver.Save("1");
        saver.Save("2");
        var flushed = saver.FlushAsync();
        Assert.That(flushed.IsCompleted, Is.False);
        blocked.Released.Set();
        await Eventually.Ends("both are saved", flushed, cancel);
        Assert.That(blocked.Saved, Is.EqualTo("2"));
    }

    /// <summary>Blocks the thread that it is called on until the test releases it.</summary>
    private sealed class BlockingStore : ICursorStore, IDisposable
    {
        public ManualResetEventSlim Released { get; } = new();

        public string? Saved { get; private set; }

        public ValueTask<string?> LoadAsync(CursorKey key, CancellationToken cancel) => new((string?)null);

        public ValueTask SaveAsync(CursorKey key, string cursor, CancellationToken cancel)
        {
            Released.Wait(cancel);
            Saved = cursor;
            return ValueTask.CompletedTask;
        }

        public void Dispose() => Released.Dispose();
    }

    /// <summary>Finishes when the test allows it.</summary>
    private sealed class SlowStore : ICursorStore
    {
        private readonly List<string> _begun = [];
        private TaskCompletionSource _saving = new();

        public List<string> Begun { get { lock (_begun) return [.. _begun]; } }

        public void Reset()
        {
            lock (_begun) _begun.Clear();
        }

        public ValueTask<string?> LoadAsync(CursorKey key, CancellationToken cancel) => new((string?)null);

        public ValueTask SaveAsync(CursorKey key, string cursor, CancellationToken cancel)
        {
            Volatile.Write(ref _saving, new(TaskCreationOptions.RunContinuationsAsynchronously));
            lock (_begun) _begun.Add(cursor);
            return new(_saving.Task);
        }

        public void Finish(Exception? failure = null)
        {
            if (failure is null) Volatile.Read(ref _saving).SetResult();
            else Volatile.Read(ref _saving).SetException(failure);
        }
    }
}
