using Realtime.Server.Redis;
using Realtime.Server.Redis.Data;

namespace Realtime.Tests.Support;

/// <summary>The names in Redis of an installation without <c>Hub:Redis:Prefix</c>.</summary>
internal static class DefaultNames
{
    public static RedisKeys Keys { get; } = new(RedisOptions.DefaultPrefix);

    public static RedisChannels Channels { get; } = new(RedisOptions.DefaultPrefix, database: 0);
}
