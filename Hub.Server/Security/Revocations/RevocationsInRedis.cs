using System.Globalization;
using Realtime.Server.Redis;
using StackExchange.Redis;

namespace Realtime.Server.Security.Revocations;

/// <summary>
/// Several nodes: one hash holds the revocations, and a counter beside it changes with every change. The announcement is a hint.
/// </summary>
internal sealed class RevocationsInRedis(RedisConnection redis) : IRevocationStore
{
    private static readonly RedisScript Script = RedisScript.Load("revoke.lua");

    public async Task PutAsync(string user, Revocation? revocation, IReadOnlyList<string> forget)
    {
        RedisKey[] keys = [redis.Keys.Revoked, redis.Keys.RevokedVersion];
        RedisValue[] values = [user, revocation?.Format() ?? "", .. forget.Select(one => (RedisValue)one)];
        await TryAsync(() => redis.AskAsync(keys[0], database => Script.RunAsync(database, keys, values)));
        try
        {
            await redis.AskAsync(
                (byte[])redis.Channels.UserRevoked!, database => database.PublishAsync(redis.Channels.UserRevoked, ""));
        }
        catch (RedisUnavailableException)
        {
            // It is stored. The other nodes read it within seconds.
        }
    }

    public async Task<RevocationSet?> ReadAsync(long? known)
    {
        var version = await TryAsync(
            () => redis.AskAsync(redis.Keys.RevokedVersion, database => database.StringGetAsync(redis.Keys.RevokedVersion)));
        var number = long.TryParse((string?)version, NumberStyles.None, CultureInfo.InvariantCulture, out var parsed) ? parsed : 0;
        if (number == known) return null;
        // A change between the two reads is read twice, because the version is the earlier one.
        var fields = await TryAsync(() => redis.AskAsync(redis.Keys.Revoked, database => database.HashGetAllAsync(redis.Keys.Revoked)));
        var byUser = new Dictionary<string, Revocation>(fields.Length, StringComparer.Ordinal);
        foreach (var field in fields)
        {
            if (Revocation.TryParse(field.Value, out var revocation)) byUser[field.Name!] = revocation;
        }
        return new(number, byUser);
    }

    public Task ListenAsync(Action changed) => TryAsync(async () =>
    {
        await redis.ListenAsync(redis.Channels.UserRevoked, _ => changed());
        return true;
    });

    private static async Task<T> TryAsync<T>(Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (RedisUnavailableException away)
        {
            throw new RevocationsUnavailableException(away.Message, away);
        }
    }
}
