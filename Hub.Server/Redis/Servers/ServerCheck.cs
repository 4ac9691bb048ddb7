using System.Globalization;
using System.Net;
using StackExchange.Redis;

namespace Realtime.Server.Redis.Servers;

/// <summary>
/// Checks that a Redis can hold the log: it is a master, is recent enough, is not loading, runs scripts and does not evict keys.
/// </summary>
internal static partial class ServerCheck
{
    /// <summary>Required for scripts that replicate their effects, and for <c>SET … NX GET</c>.</summary>
    private const int OldestMajorVersion = 7;

    private const string AllSlots = "16384";

    /// <exception cref="RedisUnavailableException">A server does not qualify; the message says what to change.</exception>
    /// <exception cref="OnlyReplicasException">No master answers.</exception>
    public static async Task RunAsync(ConnectionMultiplexer link)
    {
        var connected = link.GetEndPoints().Select(server => link.GetServer(server)).Where(server => server.IsConnected).ToList();
        if (connected.Count == 0) throw new RedisUnavailableException("no server answers there.");
        var masters = new List<IServer>();
        EndPoint? named = null;
        foreach (var server in connected)
        {
            var info = ServerInfo.Parse(await AskAsync(server, "INFO", async () => await server.InfoRawAsync() ?? ""));
            if (info["role"] == "slave")
            {
                named ??= info.Master;
                continue;
            }
            masters.Add(server);
            await CheckStreamsAsync(server);
            CheckState(server, info);
            // Scripts write everything in the log.
            await AskAsync(server, "EVAL", () => server.ExecuteAsync("EVAL", "return 1", "0"));
            if (info["redis_mode"] == "cluster") await CheckSlotsAsync(server);
        }
        CheckMasters(connected, masters, named);
    }

    private static void CheckState(IServer server, ServerInfo info)
    {
        if (info["loading"] == "1") throw Unfit(server, "is loading its data.");
        if (MajorVersion(info["redis_version"]) < OldestMajorVersion)
            throw Unfit(server, $"is older than Redis {OldestMajorVersion}: upgrade it.");
        // Redis must never evict a topic's head: the numbers would restart, and readers would get a reset.
        if (info is { MayEvict: true, HasMemoryLimit: true })
            throw Unfit(server, $"may evict keys (maxmemory-policy {info["maxmemory_policy"]}): set it to noeviction.");
    }

    /// <summary>Garnet and others speak Redis's protocol and have no streams.</summary>
    private static async Task CheckStreamsAsync(IServer server)
    {
        try
        {
            // Without arguments: a server that knows the command refuses their number, whatever the user may read.
            await server.ExecuteAsync("XADD");
        }
        catch (RedisServerException refused) when (refused.Message.Contains("unknown command", StringComparison.OrdinalIgnoreCase))
        {
            throw Unfit(server, $"has no streams ({refused.Message.Trim()}), in which the log is kept: use Redis or Valkey, version "
                + $"{OldestMajorVersion} or later, and do not rename XADD.");
        }
        catch (RedisServerException)
        { /* wrong number of arguments, or not permitted: then the scripts say what is missing */ }
    }

    private static async Task CheckSlotsAsync(IServer server)
    {
        var info = ServerInfo.Parse((string?)await AskAsync(server, "CLUSTER", () => server.ExecuteAsync("CLUSTER", "INFO")) ?? "");
        if (info["cluster_slots_assigned"] is var slots and not AllSlots)
        {
            throw Unfit(
                server, $"is in cluster mode and {slots} of {AllSlots} slots are assigned: assign all (redis-cli --cluster create or fix), "
                + "or set cluster-enabled to no where a single server is meant.");
        }
    }

    private static void CheckMasters(List<IServer> connected, List<IServer> masters, EndPoint? named)
    {
        if (masters.Count == 0)
        {
            throw new OnlyReplicasException(
                Describe(connected[0],
                    "is a replica, which takes no notifications: name its master as well, or Sentinels with serviceName=…."), named);
        }
        if (masters.Count > 1 && masters.Exists(server => server.ServerType != ServerType.Cluster))
            throw Unfit(
                masters[0], $"and {RedisLink.Describe(masters[1].EndPoint)} are masters independent of each other: name one of them.");
    }

    private static async Task<T> AskAsync<T>(IServer server, string command, Func<Task<T>> ask)
    {
        try
        {
            return await ask();
        }
        catch (RedisServerException refused)
        {
            throw Unfit(server, $"refuses {command} ({refused.Message}): allow it to the user of the connection string "
                + $"(ACL SETUSER … +{command.ToLowerInvariant()}), and do not rename it.");
        }
    }

    private static RedisUnavailableException Unfit(IServer server, string why) => new(Describe(server, why));

    private static string Describe(IServer server, string why) => $"{RedisLink.Describe(server.EndPoint)} {why}";

    private static int MajorVersion(string? version) =>
        int.TryParse(version?.Split('.')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var major) ? major : 0;

    [LoggerMessage(RedisEventIds.NotPersistent, LogLevel.Warning,
        "Redis at {Server} has appendonly no: when it ends, everything that was confirmed since its last snapshot is lost, and readers are "
        + "told of a reset. Set appendonly yes and appendfsync always (redis-cli CONFIG SET appendonly yes, and in its configuration).")]
    public static partial void NotPersistent(ILogger logger, string server);

    [LoggerMessage(RedisEventIds.MayEvict, LogLevel.Warning,
        "Redis at {Server} has maxmemory-policy {Policy}. As soon as it gets a maxmemory it would evict the log: set the policy to "
        + "noeviction.")]
    public static partial void MayEvict(ILogger logger, string server, string policy);
}
