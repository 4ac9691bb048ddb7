using Microsoft.Extensions.Logging.Abstractions;
using Realtime.Server.Log;
using Realtime.Server.Log.Redis;
using Realtime.Server.Node;
using Realtime.Server.Notifications;
using Realtime.Server.Redis;
using Realtime.Server.Redis.Data;
using Realtime.Tests.Support;
using StackExchange.Redis;

namespace Realtime.Tests.Log;

/// <summary>
/// A log on servers that all tests of a fixture share. It starts empty. Its backups are the servers' own dumps of each key.
/// </summary>
internal sealed class RedisStore : ILogUnderTest
{
    private const string NewsPrefix = "hub:news:{";

    private readonly string _connectionString;
    private readonly RetentionOptions _retention;
    private readonly ConnectionMultiplexer _admin;
    private Dictionary<RedisKey, (byte[] Dump, TimeSpan? Left)> _backup = [];
    private RedisConnection _connection = null!;
    private RedisLog _log = null!;

    private RedisStore(string connectionString, RetentionOptions retention, ConnectionMultiplexer admin) =>
        (_connectionString, _retention, _admin) = (connectionString, retention, admin);

    public INotificationLog Log => _log;

    public RedisConnection Connection => _connection;

    public static async Task<RedisStore> OpenAsync(
        string connectionString, RetentionOptions? retention = null, Action<Topic, Notification>? announced = null)
    {
        var admin = await ConnectionMultiplexer.ConnectAsync(connectionString + ",allowAdmin=true,syncTimeout=20000");
        var store = new RedisStore(connectionString, retention ?? new(), admin);
        await store.FlushAsync();
        if (announced is not null) await store.ListenAsync(announced);
        await store.OpenAgainAsync();
        return store;
    }

    public async Task ReopenAsync()
    {
        await CloseAsync();
        await OpenAgainAsync();
    }

    public async Task BackUpAsync()
    {
        var database = _admin.GetDatabase();
        _backup = [];
        foreach (var key in Servers.SelectMany(server => server.Keys()).ToList())
            _backup[key] = ((await database.KeyDumpAsync(key))!, await database.KeyTimeToLiveAsync(key));
    }

    public async Task RewindAsync(bool keepAcknowledged = false)
    {
        var database = _admin.GetDatabase();
        bool IsKept(RedisKey key) => keepAcknowledged && key.ToString().StartsWith("hub:acknowledged:", StringComparison.Ordinal);
        foreach (var key in Servers.SelectMany(server => server.Keys()).ToList())
            if (!IsKept(key)) await database.KeyDeleteAsync(key);
        foreach (var (key, (dump, left)) in _backup)
            if (!IsKept(key)) await database.KeyRestoreAsync(key, dump, left);
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        await _admin.CloseAsync();
        _admin.Dispose();
    }

    private IEnumerable<IServer> Servers => _admin.GetEndPoints().Select(server => _admin.GetServer(server));

    private async Task FlushAsync()
    {
        foreach (var server in Servers)
        {
            await server.FlushAllDatabasesAsync();
            await server.ScriptFlushAsync();
        }
    }

    private async Task OpenAgainAsync()
    {
        _connection = new RedisConnection(
            new() { ConnectionString = _connectionString }, new NodeState(), TimeProvider.System, NullLogger<RedisConnection>.Instance);
        await _connection.StartAsync(CancellationToken.None);
        await Eventually.Ends("Redis is reached", _connection.Reached);
        _log = new RedisLog(_connection, _retention, new HubCounters(), TimeProvider.System, NullLogger<RedisLog>.Instance);
    }

    private async Task CloseAsync()
    {
        _log.Dispose();
        await _connection.StopAsync(CancellationToken.None);
        await _connection.DisposeAsync();
    }

    private Task ListenAsync(Action<Topic, Notification> announced)
    {
        var all = new RedisChannel(NewsPrefix + "*", RedisChannel.PatternMode.Pattern);
        return QueueAsync();

        // A queue, because a plain handler is called out of order.
        async Task QueueAsync() => (await _admin.GetSubscriber().SubscribeAsync(all)).OnMessage(message =>
        {
            if (Topic.TryParse(message.Channel.ToString()[NewsPrefix.Length..^1], out var topic))
                announced(topic.Value, AnnouncementFrame.Parse((byte[])message.Message!)!);
        });
    }
}
