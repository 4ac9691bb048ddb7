using Realtime.Server.Redis;
using StackExchange.Redis;

namespace Realtime.Server.Log.Redis;

/// <summary>Idempotency keys: the first publish of a key claims it for a day. Waiting claims share a call: claim.lua.</summary>
internal sealed class KeyRecords(RedisConnection redis, ForeignData foreign, TimeProvider time)
    : GroupedCalls<PendingKeyRecord>(redis, Script)
{
    private static readonly RedisScript Script = RedisScript.Load("claim.lua");
    private static readonly long Lifetime = (long)IdempotencyKey.Lifetime.TotalMilliseconds;

    private readonly RedisConnection _redis = redis;
    private readonly Queue<PendingKeyRecord> _waiting = new();   // guarded by Gate

    protected override int Waiting => _waiting.Count;

    /// <param name="turn">
    /// Ended early if the claim is not answered soon. In a cluster, the server of the key may be stuck while the servers of the topics
    /// work. Later appends to those topics must not wait for it.
    /// </param>
    /// <returns>The valid record, and whether this draft has created it.</returns>
    public async Task<(KeyRecord Claim, bool IsNew)> FindOrAddAsync(Draft draft, SendOrder.Turn? turn, Deadline deadline)
    {
        var key = _redis.Keys.KeyRecord(draft.Key!.Publisher, draft.Key.Text);
        var own = KeyRecord.Of(draft);
        var asking = AskAsync(new(key, own.ToBytes(), deadline));
        if (turn is not null && _redis.IsCluster)
        {
            await ((Task)asking).WaitAsync(RedisLogLimits.TurnHeld, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!asking.IsCompleted) turn.Dispose();
        }
        if (await asking is not { } before) return (own, true);
        if (KeyRecord.Parse(before) is { } first) return (first, false);
        foreign.WasIgnored(key);
        throw new LogUnavailableException("What is kept of this idempotency key cannot be read. Nothing was stored.");
    }

    protected override void Take(List<PendingKeyRecord> group)
    {
        while (group.Count < RedisLogLimits.AppendsPerCall && _waiting.TryDequeue(out var claim)) group.Add(claim);
    }

    protected override (RedisKey[] Keys, RedisValue[] Values, TimeSpan Limit) Write(List<PendingKeyRecord> group) => (
        [.. group.Select(static claim => claim.Key)],
        // Redis expires keys by its own clock: if that clock is corrected, no record may expire early.
        [Lifetime + Math.Max(0, _redis.ClockAhead), .. group.Select(static claim => (RedisValue)claim.Text)],
        group.Min(static claim => claim.Deadline.Left));

    protected override void Answered(List<PendingKeyRecord> group, RedisResult answer)
    {
        for (var i = 0; i < group.Count; i++)
        {
            if (answer[i].Resp2Type == ResultType.Array)
                group[i].TrySetException(_redis.Refusal(group[i].Key, (string?)answer[i][0] ?? ""));
            else group[i].TrySetResult((byte[]?)answer[i]);
        }
    }

    protected override void Failed(List<PendingKeyRecord> group, RedisUnavailableException why)
    {
        foreach (var claim in group) claim.TrySetException(why);
    }

    private async Task<byte[]?> AskAsync(PendingKeyRecord claim)
    {
        if (_redis.IsCluster)
        {
            // Each key has a slot of its own.
            List<PendingKeyRecord> alone = [claim];
            var (keys, values, limit) = Write(alone);
            Answered(alone, (await _redis.RunAsync(Script, keys, values, ScriptForm.AsNeeded, limit, static () => { }))!);
        }
        else
        {
            lock (Gate) _waiting.Enqueue(claim);
            Send();
        }
        return await claim.Task;
    }
}

/// <summary>
/// A claim that waits or is under way, and the publisher that waits for it. Its task returns the earlier record, or null if there was none.
/// </summary>
internal sealed class PendingKeyRecord(RedisKey key, byte[] text, Deadline deadline)
    : TaskCompletionSource<byte[]?>(TaskCreationOptions.RunContinuationsAsynchronously)
{
    public RedisKey Key { get; } = key;

    public byte[] Text { get; } = text;

    public Deadline Deadline { get; } = deadline;
}
