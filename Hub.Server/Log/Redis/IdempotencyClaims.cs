using Realtime.Server.Redis;

namespace Realtime.Server.Log.Redis;

/// <summary>Idempotency keys: the first publish of a key claims it for a day.</summary>
internal sealed class IdempotencyClaims(RedisConnection redis, ForeignData foreign)
{
    private static readonly long Lifetime = (long)IdempotencyKey.Lifetime.TotalMilliseconds;

    /// <returns>The claim that stands, and whether it is this draft's.</returns>
    public async Task<(Claim Claim, bool IsNew)> ClaimAsync(Draft draft, TimeSpan limit)
    {
        var key = RedisKeys.Claim(draft.Key!.Publisher, draft.Key.Text);
        var own = Claim.Of(draft);
        var before = await redis.AskAsync(key, database => database.ExecuteAsync("SET", key, own.ToBytes(), "PX", Lifetime, "NX", "GET"), limit);
        if (before.IsNull) return (own, true);
        if (Claim.Parse((byte[])before!) is { } first) return (first, false);
        foreign.WasIgnored(key);
        throw new LogUnavailableException("What is kept of this idempotency key cannot be read. Nothing was stored.");
    }
}
