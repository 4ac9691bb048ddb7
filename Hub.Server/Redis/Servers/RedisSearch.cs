using System.Net;
using StackExchange.Redis;

namespace Realtime.Server.Redis.Servers;

/// <summary>Opens the connection for commands, and retries until there is a server that the log can use.</summary>
internal sealed partial class RedisSearch(RedisOptions options, TimeProvider time, ILogger logger)
{
    /// <summary>Opens this node's first connection.</summary>
    /// <param name="failed">Called after an attempt that failed for another reason than the one before.</param>
    public Task<ConnectionMultiplexer> FindFirstAsync(Action failed, CancellationToken cancel) =>
        FindAsync(follow: false, why =>
        {
            NotReachedYet(RedisLink.Describe(options.ConnectionString), why);
            failed();
        }, cancel);

    /// <summary>
    /// Connects to the current master after the server in use has become a replica. Names are resolved again, and the Sentinels queried
    /// again.
    /// </summary>
    public Task<ConnectionMultiplexer> FindMasterAsync(CancellationToken cancel)
    {
        Demoted(RedisLink.Describe(options.ConnectionString));
        return FindAsync(follow: true, NoMasterYet, cancel);
    }

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
                link = await RedisLink.OpenForCommandsAsync(options.ConnectionString, named);
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
                named = follow && named is null ? (failed as OnlyReplicasException)?.Master : null;
                if (named is not null)
                {
                    Follows(RedisLink.Describe(named));
                    continue;
                }
            }
            await Task.Delay(RedisLimits.Retry, time, cancel);
        }
    }

    [LoggerMessage(RedisEventIds.NotReachedYet, LogLevel.Warning,
        "Redis at {Servers} (ConnectionStrings:Redis) cannot be used yet: {Why} This node is not ready; it goes on trying.")]
    private partial void NotReachedYet(string servers, string why);

    [LoggerMessage(RedisEventIds.Demoted, LogLevel.Warning,
        "Redis at {Servers} has become a replica and takes no writes. Publishes are refused until this node has found the new master.")]
    private partial void Demoted(string servers);

    [LoggerMessage(RedisEventIds.NoMasterYet, LogLevel.Warning,
        "No Redis that takes writes was found yet: {Why} Publishes are refused; this node keeps trying.")]
    private partial void NoMasterYet(string why);

    [LoggerMessage(RedisEventIds.Follows, LogLevel.Warning,
        "The replica names {Master} as its master, so this node tries that one. Add it to ConnectionStrings:Redis: a node that starts does "
        + "not look for it.")]
    private partial void Follows(string master);
}
