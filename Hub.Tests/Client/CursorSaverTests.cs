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
        foreach (var cursor in new[] { "1", "2", "3", "3" }) _saver.Save(cursor);
        Assert.That(_store.Begun, Is.EqualTo(["1"]));
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
        _store.Finish(new IOException("The disk is full."));
        await Eventually.Ends("that is over", _saver.FlushAsync(), cancel);
        _saver.Save("2");
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
