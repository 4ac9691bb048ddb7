using System.Net;
using System.Text;
using Realtime.Server.Node;
using Realtime.Server.Redis.Data;
using Realtime.Server.Redis.Servers;
using StackExchange.Redis;

namespace Realtime.Server.Redis;

/// <summary>This node's connection to Redis, shared by all code that sends commands. Every call has a time limit.</summary>
/// <remarks>
/// A node that starts while Redis is unavailable stays up. Until the node reaches Redis, it refuses calls and is not ready.
/// </remarks>
/// <param name="watch">How often the server is checked; null: <see cref="RedisLimits.Watch"/>.</param>
internal sealed partial class RedisConnection(
    RedisOptions options, NodeState node, TimeProvider time, ILogger<RedisConnection> logger, TimeSpan? watch = null)
    : BackgroundService, IAsyncDisposable
{
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _tried = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _disposing = new();
    private readonly LogThrottle _throttle = new(time);
    private readonly RedisSearch _search = new(options, time, logger);
    private volatile Link? _link;
    private volatile EndPoint? _master;
    private volatile byte[] _secret = [];
    private volatile bool _mayStoreApart = true;
    private volatile bool _mayKeepTraces = true;
    private CallFailures? _failures;
    private KeptSecrets? _kept;
    private int _disposed;

    /// <summary>Completes when Redis was reached for the first time and passed <see cref="ServerCheck"/>.</summary>
    public Task Reached => _reached.Task;

    /// <summary>True if keys are on different servers, so no script may use two of them. Valid once Redis was reached.</summary>
    public bool IsCluster => _link is { Stuck.IsCluster: true };

    /// <summary>The server that takes writes; null in a cluster, and before one was reached.</summary>
    public EndPoint? Master => IsCluster ? null : _master;

    /// <summary>Called when this node uses another master than before, on any thread.</summary>
    public event Action? MasterReplaced;

    /// <summary>
    /// True if all nodes can read the records that a publish writes while a slot of a cluster moves. It may change at any time.
    /// </summary>
    public bool MayStoreApart { get => _mayStoreApart; set => _mayStoreApart = value; }

    /// <summary>True if all nodes can read the record of an idempotency key that keeps a trace. It may change at any time.</summary>
    public bool MayKeepTraces { get => _mayKeepTraces; set => _mayKeepTraces = value; }

    /// <summary>True if all nodes list the sessions that they end; null until this is known. It may change at any time.</summary>
    public bool? EndedSessionsAreListed { get; set; }

    /// <summary>The keys of this installation.</summary>
    public RedisKeys Keys { get; } = new(options.Prefix);

    /// <summary>Its channels, for the database that the connection string names.</summary>
    public RedisChannels Channels { get; } = new(options.Prefix, RedisLink.DatabaseOf(options.ConnectionString));

    /// <summary>The secrets that this node has read. It restores a secret that Redis loses, so no new one replaces it.</summary>
    public KeptSecrets Kept => LazyInitializer.EnsureInitialized(ref _kept, () => new KeptSecrets(this, logger));

    /// <summary>The secret that trusted announcements carry; empty until this node has read it.</summary>
    public byte[] Secret => _secret;

    /// <summary>
    /// By how many milliseconds this node's clock is ahead of Redis's; negative if it is behind, 0 if they agree (see
    /// <see cref="RedisLimits.ClocksAgree"/>).
    /// </summary>
    public long ClockAhead { get; private set; }

    /// <summary>The servers, without anything secret.</summary>
    public string Servers => RedisLink.Describe(options.ConnectionString);

    private CallFailures Failures =>
        LazyInitializer.EnsureInitialized(ref _failures, () => new CallFailures(time, logger, _disposing.Token));

    /// <summary>Sends a command, or several together, and waits for the answer.</summary>
    /// <param name="key">A key of the slot that the command goes to; null for a command about a channel, which any server accepts.</param>
    /// <param name="send">Sends it, without waiting.</param>
    /// <exception cref="RedisUnavailableException">
    /// Thrown within <see cref="RedisLimits.Call"/>. Redis may still execute a command that was sent but not answered.
    /// </exception>
    public Task<T> AskAsync<T>(RedisKey key, Func<IDatabase, Task<T>> send) => AskAsync(key, send, RedisLimits.Call);

    /// <inheritdoc cref="AskAsync{T}(RedisKey, Func{IDatabase, Task{T}})"/>
    /// <param name="limit">The time that remains for the operation that this call is part of.</param>
    public async Task<T> AskAsync<T>(RedisKey key, Func<IDatabase, Task<T>> send, TimeSpan limit)
    {
        var began = time.GetTimestamp();
        while (true)
        {
            var left = limit - time.GetElapsedTime(began);
            var link = Usable(key, left);
            try
            {
                return await send(link.Database).WaitAsync(left, time);
            }
            catch (Exception failed) when (link.Stuck.IsCluster && CallFailures.IsOfMovingSlot(failed)
                && time.GetElapsedTime(began) + RedisLimits.LeastTime < limit)
            {
                // Nothing was done.
                await Task.Delay(RedisLimits.SlotMoves, time);
            }
            catch (Exception failed) when (CallFailures.IsOfRedis(failed))
            {
                throw Failures.Of(link.Stuck, key, failed);
            }
        }
    }

    /// <summary>Runs a script. It is sent before this method returns, after all earlier commands to the same server.</summary>
    /// <param name="settled">
    /// Called when the script was answered, was not sent, or is given up by the client library, perhaps long after its time-out. Not called
    /// if the slot is moving or the result is null.
    /// </param>
    /// <returns>Null if the script was sent by its hash and the server has not loaded it. Nothing was done.</returns>
    /// <exception cref="RedisUnavailableException">Also if a slot is moving; then nothing was done.</exception>
    /// <inheritdoc cref="AskAsync{T}(RedisKey, Func{IDatabase, Task{T}}, TimeSpan)"/>
    public async Task<RedisResult?> RunAsync(
        RedisScript script, RedisKey[] keys, RedisValue[] values, ScriptForm form, TimeSpan limit, Action settled)
    {
        Task<RedisResult>? answer = null;
        Link? link = null;
        try
        {
            link = Usable(keys[0], limit);
            answer = script.RunAsync(link.Database, keys, values, form);
            var result = await answer.WaitAsync(limit, time);
            settled();
            return result;
        }
        catch (RedisServerException unknown) when (form == ScriptForm.Hash && RedisScript.IsUnknown(unknown.Message))
        {
            return null;
        }
        catch (Exception failed) when (link is { Stuck.IsCluster: true } && CallFailures.IsOfMovingSlot(failed))
        {
            throw Failures.Of(link.Stuck, keys[0], failed);
        }
        catch (Exception failed) when (CallFailures.IsOfRedis(failed))
        {
            if (answer is null or { IsCompleted: true }) settled();
            else _ = answer.ContinueWith(_ => settled(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default);
            throw link is null ? failed : Failures.Of(link.Stuck, keys[0], failed);
        }
    }

    /// <inheritdoc cref="CallFailures.Refusal"/>
    public RedisUnavailableException Refusal(RedisKey key, string why) => Failures.Refusal(key, why);

    /// <summary>
    /// Subscribes to a channel and replaces its previous handler. Call this repeatedly, because a subscription can end unnoticed.
    /// </summary>
    /// <param name="hear">Must neither block nor throw.</param>
    /// <exception cref="RedisUnavailableException">The subscription was not confirmed.</exception>
    public Task ListenAsync(RedisChannel channel, Action<RedisValue> hear) => AskAsync(default, async database =>
    {
        var subscriber = database.Multiplexer.GetSubscriber();
        await subscriber.UnsubscribeAsync(channel);
        await subscriber.SubscribeAsync(channel, (_, message) => hear(message));
        return true;
    });

    /// <summary>
    /// The connected servers that can serve subscriptions: masters, or replicas while no master is connected. Empty if there is none.
    /// </summary>
    /// <remarks>A replica carries its master's announcements. A server that was demoted may have lost its master.</remarks>
    public IReadOnlyList<EndPoint> ConnectedServers()
    {
        var connected = _link?.Multiplexer.GetServers().Where(server => server.IsConnected)
            .ToLookup(server => server.IsReplica, server => server.EndPoint);
        return connected is null ? [] : connected.Contains(false) ? [.. connected[false]] : [.. connected[true]];
    }

    /// <summary>
    /// Returns after the first attempt to reach Redis, or after <see cref="RedisLimits.Connect"/>. If Redis is available, the node opens
    /// its port only once it can use Redis, so a load balancer sends no requests that the node would refuse.
    /// </summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await base.StartAsync(cancellationToken);
        await _tried.Task.WaitAsync(RedisLimits.Connect, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var link = Use(await _search.FindFirstAsync(() => _tried.TrySetResult(), stoppingToken));
        ClockAhead = await link.Watch.LookAsync();
        await FindSecretAsync();
        node.StoreWasReached();
        _reached.TrySetResult();
        _tried.TrySetResult();
        HasBeenReached(Servers);
        await PrefixCheck.RunAsync(link.Database, options.Prefix, logger, time);
        while (true)
        {
            if (await _search.IsNeededAsync(Failures.Demoted, watch ?? RedisLimits.Watch, stoppingToken))
                link = await ReplaceAsync(link, stoppingToken);
            if (_secret.Length == 0) await FindSecretAsync();
            await Kept.CheckAsync();
            ClockAhead = await link.Watch.LookAsync();
        }
    }

    private Link Use(ConnectionMultiplexer multiplexer)
    {
        var link = new Link(multiplexer, new(multiplexer, Keys.Nodes, time), new(multiplexer, logger, time));
        multiplexer.ConnectionFailed += (_, failure) =>
        {
            if (_link == link) LinkLost(RedisLink.Describe(failure.EndPoint), failure.FailureType);
        };
        multiplexer.ConnectionRestored += (_, restored) => LinkRestored(RedisLink.Describe(restored.EndPoint));
        _link = link;
        _master = ConnectedServers() is [var master, ..] ? master : null;
        return link;
    }

    /// <summary>Readers use the old connection until there is a new one.</summary>
    private async Task<Link> ReplaceAsync(Link old, CancellationToken cancel)
    {
        var link = Use(await _search.FindMasterAsync(cancel));
        MasterFound(string.Join(", ", ConnectedServers().Select(RedisLink.Describe)));
        MasterReplaced?.Invoke();
        _ = DisposeLaterAsync(old.Multiplexer);
        // Late refusals of the old server must not replace the new one. The pause also bounds how often a server is replaced that reports
        // to be a master and still refuses writes.
        await Task.Delay(RedisLimits.Connect, time, cancel);
        Failures.ForgetDemotion();
        return link;
    }

    private async Task DisposeLaterAsync(ConnectionMultiplexer old)
    {
        // Calls that are under way end within this time.
        await Task.Delay(RedisLimits.Call, time, _disposing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await old.DisposeAsync();
    }

    /// <summary>Without this secret the node does not trust announcements, and delivers everything a little later.</summary>
    private async Task FindSecretAsync()
    {
        try
        {
            void Use(string text) => _secret = Encoding.ASCII.GetBytes(text[..AnnouncementFrame.SecretLength]);
            Use(await SharedSecret.ReadOrMakeAsync(this, Keys.AnnouncementSecret, Use));
        }
        catch (RedisUnavailableException failed)
        {
            if (_throttle.MayLog(Keys.AnnouncementSecret, RedisEventIds.NoAnnouncementSecret)) NoAnnouncementSecret(failed.Message);
        }
    }

    private Link Usable(RedisKey key, TimeSpan limit)
    {
        var link = _link ?? throw new RedisUnavailableException("Redis has not been reached yet.");
        if (link.Stuck.Contains(key)) throw new RedisUnavailableException("Redis does not answer; nothing was sent.");
        return limit > TimeSpan.Zero ? link : throw new RedisUnavailableException("Redis did not answer in time.");
    }

    /// <remarks>The container calls this twice: for the singleton and for the hosted service.</remarks>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        // Cancel without disposing: a call that times out now still reads the token.
        await _disposing.CancelAsync();
        _link?.Multiplexer.Dispose();
        await _search.DisposeAsync();
        Dispose();
    }

    private sealed record Link(ConnectionMultiplexer Multiplexer, StuckServers Stuck, RedisWatch Watch)
    {
        public IDatabase Database { get; } = Multiplexer.GetDatabase();
    }

    [LoggerMessage(RedisEventIds.Reached, LogLevel.Information, "Redis at {Servers} was reached.")]
    private partial void HasBeenReached(string servers);

    [LoggerMessage(RedisEventIds.MasterFound, LogLevel.Information, "Redis at {Server} takes writes and is used from now on.")]
    private partial void MasterFound(string server);

    [LoggerMessage(RedisEventIds.LinkLost, LogLevel.Warning,
        "The link to Redis at {Server} was lost ({Failure}). This node reconnects by itself.")]
    private partial void LinkLost(string server, ConnectionFailureType failure);

    [LoggerMessage(RedisEventIds.LinkRestored, LogLevel.Information, "Reconnected to Redis at {Server}.")]
    private partial void LinkRestored(string server);

    [LoggerMessage(RedisEventIds.NoAnnouncementSecret, LogLevel.Warning,
        "The secret of announcements cannot be used: {Why} Until it can, readers get new notifications a little later, from the log.")]
    private partial void NoAnnouncementSecret(string why);
}
