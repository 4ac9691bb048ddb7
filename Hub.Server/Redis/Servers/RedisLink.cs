using System.Net;
using StackExchange.Redis;

namespace Realtime.Server.Redis.Servers;

/// <summary>
/// Opens connections to Redis. The options that are set here override those of the connection string, except <c>configCheckSeconds</c>.
/// </summary>
internal static class RedisLink
{
    /// <summary>Opens the connection for commands, which then reconnects automatically.</summary>
    /// <param name="also">A server that the connection string does not name; null: none.</param>
    /// <exception cref="RedisUnavailableException">No server can be used; the message has the reason.</exception>
    public static Task<ConnectionMultiplexer> OpenForCommandsAsync(string connectionString, EndPoint? also)
    {
        var options = Configure(connectionString);
        if (also is not null && !options.EndPoints.Contains(also)) options.EndPoints.Add(also);
        return OpenAsync(options);
    }

    /// <summary>Opens the connection for commands to the one server that the Sentinels of the connection string name.</summary>
    /// <inheritdoc cref="OpenForCommandsAsync(string, EndPoint?)"/>
    public static Task<ConnectionMultiplexer> OpenMasterAsync(string connectionString, EndPoint master)
    {
        var options = Configure(connectionString);
        options.ServiceName = null;
        options.EndPoints.Clear();
        options.EndPoints.Add(master);
        return OpenAsync(options);
    }

    /// <summary>The options for asking the Sentinels of a connection string.</summary>
    /// <param name="service">The name that they have for the master; null or empty: the servers are no Sentinels.</param>
    public static ConfigurationOptions ForSentinels(string connectionString, out string? service)
    {
        var options = Configure(connectionString);
        service = options.ServiceName;
        options.ServiceName = null;
        options.ClientName = "realtime-sentinels";
        options.CommandMap = CommandMap.Sentinel;
        // The connection may wait for Sentinels to come back.
        options.AbortOnConnectFail = false;
        return options;
    }

    private static async Task<ConnectionMultiplexer> OpenAsync(ConfigurationOptions options)
    {
        await using var steps = new StringWriter();
        try
        {
            return await ConnectionMultiplexer.ConnectAsync(options, steps);
        }
        catch (RedisConnectionException failed)
        {
            throw new RedisUnavailableException(WhyNot(failed, options, steps.ToString()), failed);
        }
    }

    /// <summary>
    /// Opens the connection of the operators' hub. Subscriptions wait for a server that is briefly unavailable, because SignalR does not
    /// retry them.
    /// </summary>
    /// <param name="channels">The prefix of its channels.</param>
    /// <param name="master">The master that was found; null in a cluster.</param>
    /// <param name="tunnel">
    /// Follows the master. It is not used where the library follows by itself (a cluster, or several servers in the connection string), nor
    /// beside a tunnel of the connection string.
    /// </param>
    public static async Task<ConnectionMultiplexer> OpenForOperatorsAsync(
        string connectionString, RedisChannel channels, EndPoint? master, MasterTunnel tunnel)
    {
        var options = Configure(connectionString);
        if (master is not null && options.ServiceName is { Length: > 0 })
        {
            options.ServiceName = null;
            options.EndPoints.Clear();
            options.EndPoints.Add(master);
        }
        if (master is not null && options.EndPoints.Count == 1) options.Tunnel ??= tunnel;
        options.ClientName = "realtime-operators";
        options.ChannelPrefix = channels;
        options.BacklogPolicy = BacklogPolicy.Default;
        // Statistics are sent every second, so data that takes longer is outdated.
        options.AsyncTimeout = options.SyncTimeout = (int)RedisLimits.Call.TotalMilliseconds;
        return await ConnectionMultiplexer.ConnectAsync(options);
    }

    /// <summary>The database of a connection string.</summary>
    public static int DatabaseOf(string connectionString) => ConfigurationOptions.Parse(connectionString).DefaultDatabase ?? 0;

    /// <summary>The servers of a connection string, without anything secret.</summary>
    public static string Describe(string connectionString) =>
        string.Join(", ", ConfigurationOptions.Parse(connectionString).EndPoints.Select(Describe));

    public static string Describe(EndPoint? server) => server switch
    {
        DnsEndPoint named => $"{named.Host}:{named.Port}",
        null => "?",
        _ => server.ToString()!,
    };

    private static ConfigurationOptions Configure(string connectionString)
    {
        var options = ConfigurationOptions.Parse(connectionString);
        options.ClientName = "realtime";
        // For the first connection only: the exception has more detail than an unconnected multiplexer. RedisSearch retries.
        options.AbortOnConnectFail = true;
        options.ConnectRetry = 1;
        // ServerCheck sends INFO, which the library counts among the administrator's commands.
        options.AllowAdmin = true;
        options.ConnectTimeout = (int)RedisLimits.Connect.TotalMilliseconds;
        options.ReconnectRetryPolicy = new LinearRetry((int)RedisLimits.Connect.TotalMilliseconds);
        options.KeepAlive = (int)RedisLimits.KeepAlive.TotalSeconds;
        // A command that is not answered in time fails. A command that cannot be sent fails at once, without waiting for the connection to
        // return. The library replaces a connection that has received nothing for four times as long.
        options.AsyncTimeout = options.SyncTimeout = (int)RedisLimits.Call.TotalMilliseconds;
        options.HeartbeatInterval = RedisLimits.Heartbeat;
        options.BeforeSocketConnect = static (_, _, socket) => SocketLimits.Apply(socket);
        // How often the library checks whether a master has become a replica, unless the connection string sets it. The library's default,
        // one minute, is longer than a publisher should wait.
        if (!connectionString.Contains("configCheckSeconds", StringComparison.OrdinalIgnoreCase))
            options.ConfigCheckSeconds = (int)RedisLimits.Watch.TotalSeconds;
        options.BacklogPolicy = BacklogPolicy.FailFast;
        // Disable the library's own channel and tie-breaker key: the table of RedisKeys lists every name in Redis.
        options.ConfigurationChannel = "";
        options.TieBreaker = "";
        return options;
    }

    /// <param name="steps">The library's log of the attempt: the only source for the server's responses.</param>
    private static string WhyNot(RedisConnectionException failed, ConfigurationOptions options, string steps)
    {
        if (failed.FailureType == ConnectionFailureType.AuthenticationFailure)
            return $"the log-in failed ({failed.InnerException?.Message}). Correct user and password, or the options of TLS, in the "
                + "connection string.";
        if (steps.Contains("LOADING ", StringComparison.Ordinal)) return "it is loading its data.";
        return steps.Contains("server-type: Sentinel", StringComparison.Ordinal)
            ? "what answers there is a Sentinel: add serviceName=… with the name it has for its master."
            : "no server answers there.";
    }
}
