using System.Globalization;
using StackExchange.Redis;

namespace Realtime.Server.Redis;

/// <summary>Whether a Redis can be trusted with the log: new enough, not loading, and it never throws away what it was given.</summary>
internal static partial class ServerCheck
{
    /// <summary>Scripts that replicate their effects, <c>SET … NX GET</c>.</summary>
    private const int OldestMajorVersion = 7;

    private const string KeepsEverything = "noeviction";

    /// <exception cref="RedisUnavailableException">It is not fit; the message says what to change.</exception>
    public static async Task RunAsync(ConnectionMultiplexer link, ILogger logger)
    {
        var servers = link.GetEndPoints().Select(server => link.GetServer(server)).ToList();
        if (!servers.Any(server => server.IsConnected)) throw new RedisUnavailableException("nobody answers there.");
        foreach (var server in servers.Where(server => server.IsConnected))
        {
            var info = await server.InfoRawAsync() ?? "";
            var where = RedisLink.Describe(server.EndPoint);
            if (Field(info, "loading") == "1") throw new RedisUnavailableException($"{where} is loading its data.");
            if (MajorVersion(Field(info, "redis_version")) < OldestMajorVersion)
                throw new RedisUnavailableException($"{where} is older than Redis {OldestMajorVersion}.");
            CheckEviction(where, Field(info, "maxmemory_policy"), Field(info, "maxmemory"), logger);
        }
    }

    // The head of a topic must outlive everything: if it were evicted, numbers would begin again, and readers would be told of a loss.
    private static void CheckEviction(string server, string? policy, string? limit, ILogger logger)
    {
        if (policy is null or KeepsEverything) return;
        if (limit is not null and not "0")
            throw new RedisUnavailableException($"{server} may evict keys (maxmemory-policy {policy}): set it to {KeepsEverything}.");
        MayEvict(logger, server, policy);
    }

    private static string? Field(string info, string name) =>
        info.Split("\r\n").FirstOrDefault(line => line.StartsWith(name + ":", StringComparison.Ordinal))?[(name.Length + 1)..];

    private static int MajorVersion(string? version) =>
        int.TryParse(version?.Split('.')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var major) ? major : 0;

    [LoggerMessage(RedisEventIds.MayEvict, LogLevel.Warning,
        "Redis at {Server} has maxmemory-policy {Policy}. As soon as it gets a maxmemory it would evict the log: set the policy to noeviction.")]
    private static partial void MayEvict(ILogger logger, string server, string policy);
}
