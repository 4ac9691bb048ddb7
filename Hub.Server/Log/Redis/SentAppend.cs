using Realtime.Server.Log.Redis.Appends;
using StackExchange.Redis;

namespace Realtime.Server.Log.Redis;

/// <summary>An append to a topic in a cluster, until it has its result or has been abandoned.</summary>
/// <param name="before">The previous append in its topic, if that had no result yet.</param>
internal sealed class SentAppend(TopicAppend append, SentAppend? before)
{
    private readonly TaskCompletionSource _sent = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _movingSince;

    public TopicAppend Append { get; } = append;

    public SentAppend? Before { get; set; } = before;

    /// <summary>Null if not sent yet.</summary>
    public Task<RedisResult?>? Answer { get; private set; }

    /// <summary>
    /// The time stamp since which Redis refuses appends to the topic because its slot moves. This append then takes several calls. 0 if
    /// Redis does not refuse.
    /// </summary>
    public long MovingSince
    {
        get => Volatile.Read(ref _movingSince);
        set => Volatile.Write(ref _movingSince, value);
    }

    /// <summary>Completes when later appends may be sent.</summary>
    public Task Passed => MovingSince > 0 ? _ended.Task : _sent.Task;

    public Task Ended => _ended.Task;

    public void Send(Task<RedisResult?> answer)
    {
        Answer = answer;
        _sent.TrySetResult();
    }

    public void End()
    {
        _sent.TrySetResult();
        _ended.TrySetResult();
    }
}
