using System.Net;
using StackExchange.Redis;

namespace Realtime.Server.Redis;

/// <summary>How this server sets up a link to Redis: the options that the connection string leaves to it. What differs between versions of the client library is here.</summary>
internal static class RedisLink
{
    /// <summary>Sets up the link for commands. It is returned whether or not the server answers, and then goes on trying.</summary>
    public static async Task<ConnectionMultiplexer> OpenForCommandsAsync(string connectionString)
    {
        return await ConnectionMultiplexer.ConnectAsync(Configure(connectionString));
    }

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
        options.AbortOnConnectFail = false;
        // The library counts INFO, which ServerCheck asks for, among an administrator's commands.
        options.AllowAdmin = true;
        options.ConnectTimeout = (int)RedisLimits.Connect.TotalMilliseconds;
        options.ReconnectRetryPolicy = new LinearRetry((int)RedisLimits.Connect.TotalMilliseconds);
        options.KeepAlive = (int)RedisLimits.KeepAlive.TotalSeconds;
        // Neither the library's own channel nor its tie-breaker key: every name in Redis is in our table.
        options.ConfigurationChannel = "";
        options.TieBreaker = "";
        return options;
    }
}
