using System.Collections.Concurrent;
using Realtime.Server.Backplane;
using Realtime.Server.Log;
using Realtime.Server.Node;
using Realtime.Server.Notifications;

namespace Realtime.Server.Feed.Tails;

/// <summary>
/// The tails of all topics that have readers on this node: created by the first reader, removed soon after the last leaves.
/// </summary>
internal sealed class TopicTails(INotificationLog log, IBackplane backplane, HubCounters counters, TimeProvider time)
    : BackgroundService
{
    private readonly ConcurrentDictionary<Topic, Listening> _tails = new();
    private readonly TailMemory _memory = new();
    private readonly Lock _gate = new();

    /// <summary>Adds a reader to its topic's tail. Anything stored after this has completed wakes the reader.</summary>
    public async ValueTask<TopicTail> JoinAsync(Topic topic, TopicCursor reader, CancellationToken cancel)
    {
        Listening listening;
        // Under the lock, so that no tail is retired between finding it and joining it.
        lock (_gate)
        {
            listening = _tails.GetOrAdd(
                topic, t => new Listening(new TopicTail(t, log, _memory, counters.Holes, time), time.GetTimestamp()));
            listening.Tail.Add(reader);
        }

        try
        {
            await listening.ReadyAsync(backplane, cancel);
            return listening.Tail;
        }
        catch
        {
            listening.Tail.Remove(reader);
            throw;
        }
    }

    /// <summary>How many streams of this node read a topic.</summary>
    public int ReadersOf(Topic topic) => _tails.TryGetValue(topic, out var listening) ? listening.Tail.Readers : 0;

    /// <summary>Drops this node's copies of what was erased in the log.</summary>
    public void Erase(Topic topic, long upTo)
    {
        if (_tails.TryGetValue(topic, out var listening)) listening.Tail.Erase(upTo);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(FeedLimits.TailAge / 3, time);
        while (await timer.WaitForNextTickAsync(stoppingToken)) await SweepAsync();
    }

    private async Task SweepAsync()
    {
        foreach (var (topic, listening) in _tails)
        {
            listening.Tail.DropOld();
            lock (_gate)
            {
                if (listening.Tail.HasReaders)
                {
                    listening.LastUsed = time.GetTimestamp();
                    continue;
                }
                if (time.GetElapsedTime(listening.LastUsed) < FeedLimits.TailAge) continue;
                _tails.TryRemove(topic, out _);
            }
            await backplane.IgnoreAsync(topic, listening.Tail);
            listening.Tail.Retire();
        }
    }

    /// <summary>A tail and its backplane subscription.</summary>
    private sealed class Listening(TopicTail tail, long lastUsed)
    {
        private readonly Lock _gate = new();
        private Task? _ready; // guarded by _gate

        public TopicTail Tail { get; } = tail;

        public long LastUsed { get; set; } = lastUsed;

        /// <summary>Completes when the backplane is subscribed. The next reader retries a failed attempt.</summary>
        public Task ReadyAsync(IBackplane backplane, CancellationToken cancel)
        {
            lock (_gate)
            {
                if (_ready is { IsFaulted: false, IsCanceled: false }) return _ready.IsCompleted ? _ready : _ready.WaitAsync(cancel);
                _ready = backplane.ListenAsync(Tail.Topic, Tail, CancellationToken.None).AsTask();
                return _ready.WaitAsync(cancel);
            }
        }
    }
}
