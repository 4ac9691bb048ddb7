using System.Security.Cryptography;
using System.Text;
using StackExchange.Redis;

namespace Realtime.Server.Redis;

/// <summary>A secret that all nodes share: whoever needs it first makes it, in Redis.</summary>
internal static class SharedSecret
{
    private const int Bytes = 48;

    /// <summary>The same, for as long as it takes until Redis is reached and answers.</summary>
    public static async Task<string> FindAsync(RedisConnection redis, RedisKey key, TimeProvider time)
    {
        await redis.Reached;
        while (true)
        {
            try
            {
                return await ReadOrMakeAsync(redis, key);
            }
            catch (RedisUnavailableException)
            {
                await Task.Delay(RedisLimits.Retry, time);
            }
        }
    }

    /// <summary>The secret's text: 64 characters of base64.</summary>
    /// <exception cref="RedisUnavailableException">Redis does not answer, or holds something else under that key.</exception>
    public static async Task<string> ReadOrMakeAsync(RedisConnection redis, RedisKey key)
    {
        var own = Convert.ToBase64String(RandomNumberGenerator.GetBytes(Bytes));
        var kept = await redis.AskAsync(key, database => database.ExecuteAsync("SET", key, own, "NX", "GET"));
        if (kept.IsNull) return own;
        var text = (string?)kept ?? "";
        return text.Length == own.Length && Convert.TryFromBase64String(text, new byte[Encoding.ASCII.GetByteCount(text)], out var length) && length == Bytes
            ? text
            : throw new RedisUnavailableException($"{key} holds no secret of ours: delete it, and a new one is made.");
    }
}
