using System.Globalization;
using System.Net;
using StackExchange.Redis;

namespace Realtime.Server.Redis.Servers;

/// <summary>The Sentinels of a connection string: they say which server is the master.</summary>
/// <remarks>
/// The client library follows Sentinels too, but it also keeps connections to the replicas, among them the master that was replaced. When
/// that one comes back, it is a master for several seconds until a Sentinel makes it a replica; the library then writes to it, and
/// everything it confirms in that time is lost (measured: nine seconds of publishes). So a node connects to the one server that the
/// Sentinels name, and to no other.
/// </remarks>
internal sealed class Sentinels : IAsyncDisposable
{
    private readonly ConfigurationOptions _options;
    private readonly TimeProvider _time;
    private ConnectionMultiplexer? _link;

    private Sentinels(ConfigurationOptions options, string service, TimeProvider time) =>
        (_options, Service, _time) = (options, service, time);

    /// <summary>The name that the Sentinels have for the master.</summary>
    public string Service { get; }

    /// <returns>Null if the connection string names no service of Sentinels.</returns>
    public static Sentinels? Of(string connectionString, TimeProvider time)
    {
        var options = RedisLink.ForSentinels(connectionString, out var service);
        return service is { Length: > 0 } ? new(options, service, time) : null;
    }

    /// <summary>The current master; null if no Sentinel knows one, or none answers.</summary>
    /// <remarks>
    /// All Sentinels are asked. The answer of the latest failover counts, because a Sentinel that was cut off from the others may not have
    /// heard of it.
    /// </remarks>
    public async Task<EndPoint?> MasterAsync()
    {
        _link ??= await ConnectionMultiplexer.SentinelConnectAsync(_options);
        var answers = await Task.WhenAll(_link.GetServers().Where(server => server.IsConnected).Select(AskAsync));
        return answers.OrderByDescending(answer => answer.Epoch).FirstOrDefault().Master;
    }

    private async Task<(long Epoch, EndPoint? Master)> AskAsync(IServer sentinel)
    {
        try
        {
            var told = (await sentinel.SentinelMasterAsync(Service).WaitAsync(RedisLimits.Call, _time))
                .ToLookup(field => field.Key, field => field.Value);
            _ = long.TryParse(told["config-epoch"].FirstOrDefault(), NumberStyles.None, CultureInfo.InvariantCulture, out var epoch);
            return (epoch, ServerInfo.EndPointOf(told["ip"].FirstOrDefault(), told["port"].FirstOrDefault()));
        }
        catch (Exception silent) when (CallFailures.IsOfRedis(silent))
        {
            return (-1, null);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_link is { } link) await link.DisposeAsync();
    }
}
