using Realtime.Server.Notifications;
using Realtime.Server.Redis;
using StackExchange.Redis;

namespace Realtime.Server.Log.Redis;

/// <summary>Appends in a cluster, where no script may use two slots: each topic has a call of its own.</summary>
/// <param name="settled">Called with how many appends have been answered or never will be.</param>
internal sealed class ClusterAppends(RedisConnection redis, AppendScript script, Action<int> settled, TimeProvider time)
{
    private readonly MovingSlotAppends _moving = new(redis, script);
    private readonly Lock _gate = new();
    private readonly Dictionary<Topic, Sent> _sent = [];   // guarded by _gate; the last append of each topic that has no answer yet

    /// <summary>Appends to all topics of a publish, behind those that were given before.</summary>
    public void Append(PendingAppend publish)
    {
        for (var i = 0; i < publish.Topics.Count; i++) _ = AppendAsync(new(publish, i));
    }

    private async Task AppendAsync(TopicAppend append)
    {
        var (own, before) = Enter(append.Topic);
        try
        {
            if (await LineAsync(append, own, before) is var line && script.Answered(append, line)) append.Publish.Execute();
        }
        catch (RedisUnavailableException why)
        {
            if (append.Publish.Failed(1, why)) append.Publish.Execute();
        }
        finally
        {
            Leave(append.Topic, own);
        }
    }

    private async Task<byte[]> LineAsync(TopicAppend append, Sent own, Sent? before)
    {
        // While the slot moves an append takes several calls: what began later does not overtake it.
        if (before is { IsMoving: true }) await EndAsync(before, append);
        try
        {
            var (keys, values) = script.Write([append]);
            return (byte[]?)await redis.RunAsync(AppendScript.Script, keys, values, ScriptForm.AsNeeded, LimitOf(append), () => settled(1)) ?? [];
        }
        catch (SlotIsMovingException)
        {
            own.IsMoving = true;
        }
        try
        {
            if (before is not null) await EndAsync(before, append);
            return await _moving.AppendAsync(append, () => LimitOf(append));
        }
        finally
        {
            settled(1);
        }
    }

    private static TimeSpan LimitOf(TopicAppend append) =>
        // A wide one waits for its own deadline. At the end of its time a call would have too little, and Redis would pass for stuck.
        append.Publish.IsWide || append.Publish.Deadline.Left > RedisLimits.Call ? RedisLimits.Call : append.Publish.Deadline.Left;

    private async Task EndAsync(Sent before, TopicAppend append) =>
        await before.Task.WaitAsync(LimitOf(append), time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private (Sent Own, Sent? Before) Enter(Topic topic)
    {
        var own = new Sent();
        lock (_gate)
        {
            var before = _sent.GetValueOrDefault(topic);
            _sent[topic] = own;
            return (own, before);
        }
    }

    private void Leave(Topic topic, Sent own)
    {
        lock (_gate)
        {
            if (_sent.GetValueOrDefault(topic) == own) _sent.Remove(topic);
        }
        own.TrySetResult();
    }

    /// <summary>An append on its way; ends when it has its answer, or was given up.</summary>
    private sealed class Sent() : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        private volatile bool _isMoving;

        /// <summary>Whether Redis has refused it, and it goes on in several calls.</summary>
        public bool IsMoving
        {
            get => _isMoving;
            set => _isMoving = value;
        }
    }
}
