using System.Security.Cryptography;
using System.Text;
using StackExchange.Redis;

namespace Realtime.Server.Redis.Data;

/// <summary>A secret that all nodes share. The first node that needs it creates it in Redis.</summary>
/// <remarks>A node that has read it restores it if Redis loses it: see <see cref="KeptSecrets"/>.</remarks>
internal static class SharedSecret
{
    private const int Bytes = 48;

    /// <summary>Like <see cref="ReadOrMakeAsync"/>, but waits and retries until Redis answers.</summary>
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
    /// <exception cref="RedisUnavailableException">Redis cannot be used, or the key holds something other than a secret.</exception>
    /// <param name="replaced">Called if the key holds another secret later. Null if the caller cannot change its secret.</param>
    public static async Task<string> ReadOrMakeAsync(RedisConnection redis, RedisKey key, Action<string>? replaced = null)
    {
        var own = Convert.ToBase64String(RandomNumberGenerator.GetBytes(Bytes));
        var kept = await redis.AskAsync(key, database => database.ExecuteAsync("SET", key, own, "NX", "GET"));
        var text = kept.IsNull ? own : (string?)kept ?? "";
        if (!IsSecret(text)) throw new RedisUnavailableException($"{key} holds no secret of ours: delete it, and a new one is made.");
        redis.Kept.Add(key!, text, replaced is null ? null : other =>
        {
            if (!IsSecret(other)) return false;
            replaced(other);
            return true;
        });
        return text;
    }

    private static bool IsSecret(string text) =>
        Convert.TryFromBase64String(text, new byte[Encoding.UTF8.GetByteCount(text)], out var length) && length == Bytes
        && text.Length == (Bytes + 2) / 3 * 4;
}
