using Realtime.Server.Redis;
using StackExchange.Redis;

namespace Realtime.Server.Log.Redis.Appends;

/// <summary>Appends to a single Redis, in groups: append.lua.</summary>
/// <param name="settled">Called with the number of appends that have been answered or never will be.</param>
internal sealed class AppendGroups(RedisConnection redis, AppendScript script, Action<int> settled)
    : GroupedCalls<TopicAppend>(redis, AppendScript.Script)
{
    private readonly AppendTurns _turns = new();
    private readonly List<(PendingAppend Publish, int Appends)> _tooLate = [];   // guarded by Gate

    protected override int Waiting => _turns.Count;

    /// <summary>Appends to all topics of a publish, after those that were passed in before.</summary>
    public void Append(PendingAppend publish)
    {
        lock (Gate) _turns.Add(publish);
        Send();
    }

    protected override void Take(List<TopicAppend> group)
    {
        _turns.Take(group, _tooLate);
        if (_tooLate.Count == 0) return;
        // Refuse them on another thread: here their publishers would continue under the gate.
        ThreadPool.UnsafeQueueUserWorkItem(Refuse, (List<(PendingAppend Publish, int Appends)>)[.. _tooLate], preferLocal: false);
        _tooLate.Clear();
    }

    protected override (RedisKey[] Keys, RedisValue[] Values, TimeSpan Limit) Write(List<TopicAppend> group)
    {
        var (keys, values) = script.Write(group);
        var limit = RedisLimits.Call;
        foreach (var append in group)
        {
            // A wide publish has a deadline of its own. Near its end a call would have too little time, and Redis would look stuck.
            if (!append.Publish.IsWide && append.Publish.Deadline.Left is var left && left < limit) limit = left;
        }
        return (keys, values, limit);
    }

    protected override void Answered(List<TopicAppend> group, RedisResult answer)
    {
        script.CountCall(group.Count);
        var done = new Done();
        ReadOnlySpan<byte> rest = (byte[]?)answer;
        foreach (var append in group)
        {
            var end = rest.IndexOf((byte)'\n');
            var line = end < 0 ? rest : rest[..end];
            rest = end < 0 ? [] : rest[(end + 1)..];
            if (script.Answered(append, line)) done.Add(append.Publish);
        }
        done.Continue();
    }

    protected override void Failed(List<TopicAppend> group, RedisUnavailableException why)
    {
        var done = new Done();
        foreach (var append in group)
            if (append.Publish.Failed(1, why)) done.Add(append.Publish);
        done.Continue();
    }

    protected override void Settled(int items) => settled(items);

    private void Refuse(List<(PendingAppend Publish, int Appends)> tooLate)
    {
        foreach (var (publish, appends) in tooLate)
        {
            settled(appends);
            if (publish.NotSent(appends)) publish.Execute();
        }
    }

    /// <summary>
    /// Continues publishers: the last one on this thread, all others on the thread pool. So a single publisher needs no thread switch.
    /// </summary>
    private ref struct Done
    {
        private PendingAppend? _last;

        public void Add(PendingAppend publish)
        {
            if (_last is not null) ThreadPool.UnsafeQueueUserWorkItem(_last, preferLocal: true);
            _last = publish;
        }

        public readonly void Continue() => _last?.Execute();
    }
}
