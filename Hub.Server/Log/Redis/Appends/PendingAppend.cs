using System.Runtime.InteropServices;
using Realtime.Server.Notifications;
using Realtime.Server.Redis;

namespace Realtime.Server.Log.Redis.Appends;

/// <summary>
/// A notification that is being appended to its topics, and the publisher that waits for the results. The task completes when all topics
/// have a result.
/// </summary>
/// <param name="once">The notification's id, if it has an idempotency key.</param>
internal sealed class PendingAppend(IReadOnlyList<Topic> topics, ReadOnlyMemory<byte> body, string? once, Deadline deadline)
    : TaskCompletionSource<long[]>, IThreadPoolWorkItem
{
    private readonly long[] _sequences = new long[topics.Count];
    private int _unanswered = topics.Count;
    private Exception? _failure;

    public IReadOnlyList<Topic> Topics { get; } = topics;

    public byte[] Body { get; } = ToArray(body);

    public string? Once { get; } = once;

    public Deadline Deadline { get; } = deadline;

    /// <summary>True if one turn is not enough for it, see <see cref="RedisLogLimits.AppendsPerTurn"/>.</summary>
    public bool IsWide { get; } = topics.Count > RedisLogLimits.AppendsPerTurn
        || (topics.Count > 1 && (long)topics.Count * body.Length > RedisLogLimits.BytesPerTurn);

    /// <summary>True if its publisher already has a result, or must get one before another call could return it.</summary>
    public bool IsTooLate => Task.IsCompleted || Deadline.Left < RedisLogLimits.LeastTime;

    /// <summary>The first topic that may not have been put into a call yet. For <see cref="AppendTurns"/>.</summary>
    public int Next { get; set; }

    /// <summary>
    /// The topics that have not been put into a call yet, by index; null until one turn was not enough. For <see cref="AppendTurns"/>.
    /// </summary>
    public Dictionary<Topic, int>? Unsent { get; set; }

    /// <returns>True if this was the last result: the caller must call <see cref="Execute"/>.</returns>
    public bool Stored(int index, long sequence)
    {
        _sequences[index] = sequence;
        return Interlocked.Decrement(ref _unanswered) == 0;
    }

    /// <inheritdoc cref="Stored"/>
    public bool Failed(int topics, Exception why)
    {
        Interlocked.CompareExchange(ref _failure, why, null);
        return Interlocked.Add(ref _unanswered, -topics) == 0;
    }

    /// <summary>Appends that were not sent because their time was over.</summary>
    /// <inheritdoc cref="Stored"/>
    public bool NotSent(int topics) => Failed(topics, new RedisUnavailableException(
        topics == Topics.Count
        ? "Redis did not answer others in time; nothing was sent."
        : "Redis did not answer others in time; not everything was sent."));

    /// <summary>Continues the publisher, on this thread.</summary>
    public void Execute()
    {
        if (_failure is null) TrySetResult(_sequences);
        else TrySetException(_failure);
    }

    private static byte[] ToArray(ReadOnlyMemory<byte> body) =>
        MemoryMarshal.TryGetArray(body, out var segment) && segment.Offset == 0 && segment.Count == segment.Array!.Length
        ? segment.Array
        : body.ToArray();
}

/// <summary>The append to one topic of a publish.</summary>
internal readonly record struct TopicAppend(PendingAppend Publish, int Index)
{
    public Topic Topic => Publish.Topics[Index];
}
