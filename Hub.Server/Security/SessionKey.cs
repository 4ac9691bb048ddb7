using System.Security.Cryptography;
using System.Text;
using Realtime.Server.Redis;

namespace Realtime.Server.Security;

/// <summary>What session cookies are encrypted with: made once and kept beside the data, or in Redis, where all nodes share it.</summary>
internal sealed class SessionKey
{
    private static readonly byte[] Purpose = "Realtime session cookie v1"u8.ToArray();

    private readonly Lazy<byte[]>? _kept;
    private readonly Task<byte[]>? _shared;

    public SessionKey(IConfiguration configuration, IHostEnvironment environment, TimeProvider time, RedisConnection? redis = null)
    {
        // The file when it is first needed, which is after the log has said what is wrong with its folder; a failure is not remembered, it may be mended.
        if (redis is null) _kept = new(() => Derive(KeyFile.Session.ReadOrMake(configuration, environment)), LazyThreadSafetyMode.PublicationOnly);
        else _shared = FindAsync(redis, time);
    }

    /// <summary>32 bytes; null: Redis, which keeps it, has not been reached yet.</summary>
    public byte[]? Value => _kept is not null ? _kept.Value : _shared!.IsCompletedSuccessfully ? _shared.Result : null;

    private static async Task<byte[]> FindAsync(RedisConnection redis, TimeProvider time) =>
        Derive(await SharedSecret.FindAsync(redis, RedisKeys.SessionKey, time));

    private static byte[] Derive(string secret) => HKDF.DeriveKey(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret), 32, info: Purpose);
}
