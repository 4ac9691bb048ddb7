using Realtime.Server.Redis;
using Realtime.Server.Redis.Data;

namespace Realtime.Server.Security;

/// <summary>Stores the key with which a development server signs tokens if no key is configured.</summary>
internal interface ISigningKeyStore
{
    /// <summary>The key's text; makes a key if there is none. With Redis this takes as long as Redis takes to answer.</summary>
    /// <exception cref="KeyUnusableException">The key cannot be made or read; the message says what to do.</exception>
    Task<string> FindAsync();
}

/// <summary>One node: a file next to the data.</summary>
internal sealed class SigningKeyFile(IConfiguration configuration, IHostEnvironment environment) : ISigningKeyStore
{
    public Task<string> FindAsync() => Task.FromResult(KeyFile.Signing.ReadOrMake(configuration, environment));
}

/// <summary>Several nodes: they share a key that one of them made.</summary>
internal sealed class SigningKeyInRedis(RedisConnection redis, TimeProvider time) : ISigningKeyStore
{
    public Task<string> FindAsync() => SharedSecret.FindAsync(redis, redis.Keys.SigningKey, time);
}
