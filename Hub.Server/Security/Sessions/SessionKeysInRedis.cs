using System.Xml;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.StackExchangeRedis;
using Realtime.Server.Redis;
using StackExchange.Redis;

namespace Realtime.Server.Security.Sessions;

/// <summary>The keys of session cookies that all nodes share. If several nodes find one missing at the same moment, one makes it.</summary>
internal sealed class SessionKeysInRedis(RedisConnection redis) : ISessionKeyStore
{
    /// <summary>
    /// The lock's age limit, for a node that died while it added a key. Two keys do no harm: all nodes read both.
    /// </summary>
    public static readonly TimeSpan LockAge = TimeSpan.FromSeconds(10);

    private volatile RedisValue[] _known = [];

    public string WhyNotAdded => $"{redis.Keys.SessionKeysLock} in Redis keeps all nodes from making a session key: delete it.";

    /// <remarks>Known keys that are gone from Redis are put back first: without them all cookies would be invalid.</remarks>
    public async Task<IReadOnlyCollection<XElement>> ReadAsync()
    {
        await redis.Kept.CheckAsync(redis.Keys.SessionKeys);
        try
        {
            return await UseAsync((keys, database) =>
            {
                var elements = keys.GetAllElements();
                _known = database.ListRange(redis.Keys.SessionKeys);
                redis.Kept.Add(redis.Keys.SessionKeys, PutBackAsync);
                return elements;
            });
        }
        catch (XmlException exception)
        {
            throw new KeyUnusableException(
                $"{redis.Keys.SessionKeys} in Redis holds what is no session key: delete it, and a new one is made.", exception);
        }
    }

    public async Task<bool> TryAddAsync(NewSessionKey key, int known)
    {
        var isAdded = await LockedAsync(() => UseAsync((keys, database) =>
        {
            if (database.ListLength(redis.Keys.SessionKeys) != known) return false;
            keys.StoreElement(key.Element, key.Name);
            return true;
        }));
        if (isAdded && known == 0) await EndedSessionList.BeginAsync(redis);
        return isAdded;
    }

    /// <returns>True if any keys were gone.</returns>
    private async Task<bool> PutBackAsync()
    {
        if ((await LostAsync()).Length == 0) return false;
        return await LockedAsync(async () =>
        {
            var lost = await LostAsync();
            if (lost.Length > 0)
                await redis.AskAsync(redis.Keys.SessionKeys, database => database.ListRightPushAsync(redis.Keys.SessionKeys, lost));
            return lost.Length > 0;
        });
    }

    private async Task<RedisValue[]> LostAsync() =>
        [.. _known.Except(await redis.AskAsync(redis.Keys.SessionKeys, database => database.ListRangeAsync(redis.Keys.SessionKeys)))];

    /// <returns>False also if another node has the lock.</returns>
    private async Task<bool> LockedAsync(Func<Task<bool>> use)
    {
        var name = Guid.NewGuid().ToString("N");
        var isOurs = await redis.AskAsync(
            redis.Keys.SessionKeysLock, database => database.LockTakeAsync(redis.Keys.SessionKeysLock, name, LockAge));
        if (!isOurs) return false;
        try
        {
            return await use();
        }
        finally
        {
            await redis.AskAsync(
                redis.Keys.SessionKeysLock, database => database.LockReleaseAsync(redis.Keys.SessionKeysLock, name));
        }
    }

    // The library's calls block, so they run on a thread of their own, on which no request waits.
    private Task<T> UseAsync<T>(Func<RedisXmlRepository, IDatabase, T> use) => redis.AskAsync(
        redis.Keys.SessionKeys, database => Task.Run(() => use(new(() => database, redis.Keys.SessionKeys), database)));
}
