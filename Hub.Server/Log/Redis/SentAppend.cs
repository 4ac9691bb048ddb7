using StackExchange.Redis;

namespace Realtime.Server.Log.Redis;

/// <summary>An append to a topic in a cluster, until it has its answer or was given up.</summary>
/// <param name="before">The one that began before it in its topic and had no answer yet.</param>
internal sealed class SentAppend(TopicAppend append, SentAppend? before)
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isMoving;

    public TopicAppend Append { get; } = append;

    public SentAppend? Before { get; set; } = before;

    /// <summary>Null: not sent yet, because the one before takes several calls.</summary>
    public Task<RedisResult?>? Answer { get; set; }

    /// <summary>Whether Redis has refused it because its slot moves, and it goes on in several calls.</summary>
    public bool IsMoving
    {
        get => _isMoving;
        set => _isMoving = value;
    }

    public Task Ended => _ended.Task;

    public void End() => _ended.TrySetResult();
}
