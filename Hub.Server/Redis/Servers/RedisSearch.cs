using System.Net;
using StackExchange.Redis;

namespace Realtime.Server.Redis.Servers;

/// <summary>Opens the connection for commands, and retries until there is a server that the log can use.</summary>
internal sealed partial class RedisSearch(RedisOptions options, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    private readonly Sentinels? _sentinels = Sentinels.Of(options.ConnectionString, time);
    private EndPoint? _named;

    /// <summary>Opens this node's first connection.</summary>
    /// <param name="failed">Called after an attempt that failed for another reason than the one before.</param>
    public Task<ConnectionMultiplexer> FindFirstAsync(Action failed, CancellationToken cancel) =>
        FindAsync(follow: false, why =>
        {
            NotReachedYet(RedisLink.Describe(options.ConnectionString), why);
            failed();
        }, cancel);

    /// <summary>
    /// Connects to the current master after the server in use has become a replica, or the Sentinels have named another one. Names are
    /// resolved again, and the Sentinels queried again.
    /// </summary>
    public Task<ConnectionMultiplexer> FindMasterAsync(CancellationToken cancel)
    {
        if (_sentinels is null) Demoted(RedisLink.Describe(options.ConnectionString));
        return FindAsync(follow: true, NoMasterYet, cancel);
    }

    /// <summary>Waits until the server in use is no longer the master, which is true, or for a time.</summary>
    /// <param name="demoted">Completes when that server refuses to write.</param>
    public async Task<bool> IsNeededAsync(Task demoted, TimeSpan limit, CancellationToken cancel)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var replaced = OtherMasterAsync(waiting.Token);
        await Task.WhenAny(demoted, replaced, Task.Delay(limit, time, waiting.Token));
        await waiting.CancelAsync();
        await replaced.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancel.ThrowIfCancellationRequested();
        return demoted.IsCompleted || replaced.IsCompletedSuccessfully;
    }

    /// <summary>Completes when the Sentinels name another master than the one that was found last; without Sentinels, never.</summary>
    private async Task OtherMasterAsync(CancellationToken cancel)
    {
        while (true)
        {
            await Task.Delay(_sentinels is null ? Timeout.InfiniteTimeSpan : RedisLimits.AskSentinels, time, cancel);
            if (await _sentinels!.MasterAsync() is not { } master || master.Equals(_named)) continue;
            OtherMaster(_sentinels.Service, RedisLink.Describe(master), RedisLink.Describe(_named));
            return;
        }
    }

    public ValueTask DisposeAsync() => _sentinels?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <param name="follow">
    /// True to use the master that a replica names, although the connection string does not name it. False at the start, when the string
    /// may be wrong.
    /// </param>
    /// <param name="notYet">Called with the reason of each attempt that failed for another reason than the one before.</param>
    private async Task<ConnectionMultiplexer> FindAsync(bool follow, Action<string> notYet, CancellationToken cancel)
    {
        EndPoint? named = null;
        for (var last = ""; ;)
        {
            ConnectionMultiplexer? link = null;
            try
            {
                link = await OpenAsync(named);
                await ServerCheck.RunAsync(link).WaitAsync(RedisLimits.Connect, time, cancel);
                return link;
            }
            catch (Exception failed)
            {
                link?.Dispose();
                cancel.ThrowIfCancellationRequested();
                // Retry after any failure, a name that does not resolve for example: the cause may be fixed while the node runs.
                if (last != failed.Message) notYet(failed.Message);
                last = failed.Message;
                // Drop the named master after any other failure: the connection string's address may lead to the same server by now, which
                // then looks like two masters.
                named = follow && named is null && _sentinels is null ? (failed as OnlyReplicasException)?.Master : null;
                if (named is not null)
                {
                    Follows(RedisLink.Describe(named));
                    continue;
                }
            }
            await Task.Delay(RedisLimits.Retry, time, cancel);
        }
    }

    private async Task<ConnectionMultiplexer> OpenAsync(EndPoint? also)
    {
        if (_sentinels is null) return await RedisLink.OpenForCommandsAsync(options.ConnectionString, also);
        _named = await _sentinels.MasterAsync() ?? throw new RedisUnavailableException(
            $"no Sentinel leads to a running master called {_sentinels.Service}. List the Sentinels, and give serviceName the name they "
            + "have for the master.");
        return await RedisLink.OpenMasterAsync(options.ConnectionString, _named);
    }

    [LoggerMessage(RedisEventIds.NotReachedYet, LogLevel.Warning,
        "Redis at {Servers} (ConnectionStrings:Redis) cannot be used yet: {Why} This node is not ready; it goes on trying.")]
    private partial void NotReachedYet(string servers, string why);

    [LoggerMessage(RedisEventIds.Demoted, LogLevel.Warning,
        "Redis at {Servers} has become a replica and takes no writes. Publishes are refused until this node has found the new master.")]
    private partial void Demoted(string servers);

    [LoggerMessage(RedisEventIds.OtherMaster, LogLevel.Warning,
        "The Sentinels name {Master} as the master {Service}, in place of {Before}. Publishes that {Before} had not confirmed are refused "
        + "or unknown; this node goes over to the new master.")]
    private partial void OtherMaster(string service, string master, string before);

    [LoggerMessage(RedisEventIds.NoMasterYet, LogLevel.Warning,
        "No Redis that takes writes was found yet: {Why} Publishes are refused; this node keeps trying.")]
    private partial void NoMasterYet(string why);

    [LoggerMessage(RedisEventIds.Follows, LogLevel.Warning,
        "The replica names {Master} as its master, so this node tries that one. Add it to ConnectionStrings:Redis: a node that starts does "
        + "not look for it.")]
    private partial void Follows(string master);
}
