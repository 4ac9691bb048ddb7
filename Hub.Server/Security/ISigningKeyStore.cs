using Realtime.Server.Redis;
using Realtime.Server.Redis.Data;

namespace Realtime.Server.Security;

/// <summary>Where a development server that was given no key keeps the one that it signs tokens with.</summary>
internal interface ISigningKeyStore
{
    /// <summary>The key's text; makes one if there is none. With Redis it takes as long as Redis takes to answer.</summary>
    /// <exception cref="KeyUnusableException">It cannot be made or read; the message says what to do.</exception>
    Task<string> FindAsync();
}

/// <summary>One node: a file beside the data.</summary>
internal sealed class SigningKeyFile(IConfiguration configuration, IHostEnvironment environment) : ISigningKeyStore
{
    public Task<string> FindAsync() => Task.FromResult(KeyFile.Signing.ReadOrMake(configuration, environment));
}

/// <summary>Several nodes: they share a key that one of them made.</summary>
internal sealed class SigningKeyInRedis(RedisConnection redis, TimeProvider time) : ISigningKeyStore
{
    public Task<string> FindAsync() => SharedSecret.FindAsync(redis, RedisKeys.SigningKey, time);
}
