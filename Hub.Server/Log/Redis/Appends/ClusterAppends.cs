using Realtime.Server.Notifications;
using Realtime.Server.Redis;
using StackExchange.Redis;

namespace Realtime.Server.Log.Redis.Appends;

/// <summary>
/// Appends in a cluster, where no script may use two slots: each topic has a call of its own. Calls of a small publish are sent at once.
/// Calls of wide publishes are sent as others are answered, in turns, so that they keep no server busy for long.
/// </summary>
/// <param name="settled">Called with the number of appends that have been answered or never will be.</param>
internal sealed class ClusterAppends(RedisConnection redis, AppendScript script, Action<int> settled, TimeProvider time)
{
    private readonly MovingSlotAppends _moving = new(redis, script);
    private readonly Lock _gate = new();
    private readonly AppendTurns _wide = new();                 // guarded by _gate
    private readonly Dictionary<Topic, SentAppend> _last = [];  // guarded by _gate; the last append of each topic that has no result yet
    private bool _isSendingWide;                                // guarded by _gate; by one thread at a time
    private int _wideUnderWay;                                  // guarded by _gate
    private long _wideBytesUnderWay;                            // guarded by _gate

    /// <summary>Appends to all topics of a publish, after those that were passed in before.</summary>
    public void Append(PendingAppend publish)
    {
        List<SentAppend> sent = [];
        lock (_gate)
        {
            List<TopicAppend> group = [];
            if (publish.IsWide) _wide.AddWide(publish);
            else
            {
                _wide.TakeBefore(publish, group);
                for (var i = 0; i < publish.Topics.Count; i++) group.Add(new(publish, i));
            }
            Send(group, sent);
        }
        foreach (var one in sent) _ = AnswerAsync(one);
        if (publish.IsWide) SendWide();
    }

    /// <summary>Sends as much of the wide publishes as may be under way now.</summary>
    private void SendWide()
    {
        for (var isFirst = true; ; isFirst = false)
        {
            List<SentAppend> sent = [];
            List<(PendingAppend Publish, int Appends)> tooLate = [];
            lock (_gate)
            {
                if (isFirst && _isSendingWide) return;
                _isSendingWide = _wide.Count > 0 && _wideUnderWay < RedisLogLimits.AppendsPerTurn
                    && _wideBytesUnderWay < RedisLogLimits.BytesPerTurn;
                if (!_isSendingWide) return;
                List<TopicAppend> group = [];
                _wide.Take(group, tooLate);
                Send(group, sent);
            }
            foreach (var (publish, appends) in tooLate)
            {
                settled(appends);
                if (publish.NotSent(appends)) publish.Execute();
            }
            foreach (var one in sent) _ = AnswerAsync(one);
        }
    }

    /// <summary>
    /// Called under the gate, so that the append that began first in a topic is sent first. The caller handles the results after it has
    /// left the gate, because publishers continue with them.
    /// </summary>
    private void Send(List<TopicAppend> group, List<SentAppend> sent)
    {
        foreach (var append in group)
        {
            var one = new SentAppend(append, _last.GetValueOrDefault(append.Topic));
            _last[append.Topic] = one;
            // While its slot moves, an append takes several calls. Later appends do not overtake it; for a short time afterwards, they are
            // treated as refused without being sent first.
            if (one.Before is { MovingSince: > 0 and var since } && time.GetElapsedTime(since) < RedisLogLimits.SlotTried)
                one.MovingSince = since;
            else if (one.Before is null or { Passed.IsCompleted: true }) one.Send(AskAsync(append));
            sent.Add(one);
            if (!append.Publish.IsWide) continue;
            _wideUnderWay++;
            _wideBytesUnderWay += append.Publish.Body.Length;
        }
    }

    private async Task AnswerAsync(SentAppend sent)
    {
        var append = sent.Append;
        try
        {
            var line = await LineAsync(sent);
            script.CountCall(1);
            if (script.Answered(append, line)) append.Publish.Execute();
        }
        catch (Exception why)
        {
            // Catch everything: a topic without a result would block its publisher and all later appends.
            if (append.Publish.Failed(1, why as RedisUnavailableException ?? new(why.Message, why))) append.Publish.Execute();
        }
        finally
        {
            Leave(sent);
        }
        if (append.Publish.IsWide) SendWide();
    }

    private async Task<byte[]> LineAsync(SentAppend sent)
    {
        var before = sent.Before;
        if (sent.MovingSince == 0)
        {
            if (sent.Answer is null)
            {
                await UntilAsync(before!.Passed, sent.Append);
                sent.Send(AskAsync(sent.Append));
            }
            try
            {
                return (byte[]?)await sent.Answer! ?? [];
            }
            catch (RedisUnavailableException why) when (why.IsOfMovingSlot)
            {
                sent.MovingSince = time.GetTimestamp();
            }
        }
        try
        {
            if (before is not null) await UntilAsync(before.Ended, sent.Append);
            return redis.MayStoreApart
                ? await _moving.AppendAsync(sent.Append, () => LimitOf(sent.Append))
                : await RepeatAsync(sent.Append);
        }
        finally
        {
            settled(1);
        }
    }

    private Task<RedisResult?> AskAsync(TopicAppend append)
    {
        var (keys, values) = script.Write([append]);
        return redis.RunAsync(AppendScript.Script, keys, values, ScriptForm.AsNeeded, LimitOf(append), () => settled(1));
    }

    /// <summary>Repeats the same append until its time is over: soon its keys may be on one server.</summary>
    private async Task<byte[]> RepeatAsync(TopicAppend append)
    {
        var (keys, values) = script.Write([append]);
        return (byte[]?)await redis.AskAsync(keys[0], database => AppendScript.Script.RunAsync(database, keys, values), LimitOf(append))
            ?? [];
    }

    private static TimeSpan LimitOf(TopicAppend append) =>
        // A wide publish has a deadline of its own. Near its end a call would have too little time, and Redis would look stuck.
        append.Publish.IsWide || append.Publish.Deadline.Left > RedisLimits.Call ? RedisLimits.Call : append.Publish.Deadline.Left;

    private async Task UntilAsync(Task before, TopicAppend append) =>
        await before.WaitAsync(LimitOf(append), time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private void Leave(SentAppend sent)
    {
        sent.Before = null;
        lock (_gate)
        {
            if (_last.GetValueOrDefault(sent.Append.Topic) == sent) _last.Remove(sent.Append.Topic);
            if (sent.Append.Publish.IsWide)
            {
                _wideUnderWay--;
                _wideBytesUnderWay -= sent.Append.Publish.Body.Length;
            }
        }
        sent.End();
    }
}
