using Realtime.Server.Node;
using Realtime.Server.Redis.Servers;
using StackExchange.Redis;

namespace Realtime.Server.Redis;

/// <summary>Logs why calls to Redis failed, and creates the exceptions for their callers.</summary>
internal sealed partial class CallFailures(TimeProvider time, ILogger logger, CancellationToken disposing)
{
    /// <summary>The start of the error with which a replica refuses a write.</summary>
    private const string ReadOnly = "READONLY";

    /// <summary>
    /// The start of a cluster's errors while a slot moves. The library follows one redirection, so an error that names another server is
    /// the second one.
    /// </summary>
    private static readonly string[] Moving = ["TRYAGAIN ", "ASK ", "MOVED ", "Key has MOVED "];

    private readonly LogThrottle _told = new(time);
    private TaskCompletionSource _demoted = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the server refuses to write because it has become a replica.</summary>
    public Task Demoted => Volatile.Read(ref _demoted).Task;

    /// <summary>Resets <see cref="Demoted"/>: another server is in use.</summary>
    public void ForgetDemotion() => Volatile.Write(ref _demoted, new(TaskCreationOptions.RunContinuationsAsynchronously));

    /// <summary>
    /// True for this server's own refusals and for the client library's exceptions. The library cancels commands that it could not send.
    /// </summary>
    public static bool IsOfRedis(Exception failed) =>
        failed is RedisException or RedisCommandException or RedisUnavailableException or ObjectDisposedException or TimeoutException
        or OperationCanceledException;

    /// <summary>
    /// True if the command did nothing because a slot of a cluster is moving, perhaps to a server that was not connected yet.
    /// </summary>
    public static bool IsOfMovingSlot(Exception failed) => failed switch
    {
        RedisServerException => Array.Exists(Moving, text => failed.Message.StartsWith(text, StringComparison.Ordinal)),
        RedisConnectionException { FailureType: ConnectionFailureType.UnableToConnect } =>
            failed.Message.Contains("serving hashslot", StringComparison.Ordinal),
        _ => false,
    };

    /// <summary>Logs a refusal, at most once a minute for each kind of error, across all keys.</summary>
    public RedisUnavailableException Refusal(RedisKey key, string why, Exception? cause = null)
    {
        // Redis begins each error with its kind: OOM, NOPERM, MISCONF.
        if (why.StartsWith(ReadOnly, StringComparison.Ordinal)) Volatile.Read(ref _demoted).TrySetResult();
        if (_told.MayLog(why.Split(' ', 2)[0], RedisEventIds.Refused)) Refused(LogText.Of((string?)key ?? "a channel"), LogText.Of(why));
        return new("Redis refused: " + why, cause);
    }

    public RedisUnavailableException Of(StuckServers stuck, RedisKey key, Exception failed)
    {
        if (stuck.IsCluster && IsOfMovingSlot(failed))
            return new("A slot of the cluster is moving: " + failed.Message, failed) { IsOfMovingSlot = true };
        switch (failed)
        {
            case TimeoutException:
                RanOut(stuck, key);
                return new("Redis did not answer in time: what was sent may still be carried out.", failed);
            case RedisServerException:
                return Refusal(key, failed.Message, failed);
            case OperationCanceledException:
                return new("There is no connection to Redis; nothing was sent.", failed);
            default:
                return new(failed.Message, failed);
        }
    }

    private void RanOut(StuckServers stuck, RedisKey key)
    {
        if (stuck.Add(key, disposing) is not { } answered) return;
        Stuck(RedisLimits.Call);
        _ = TellAsync(answered);
    }

    private async Task TellAsync(Task answered)
    {
        await answered.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (answered.IsCompletedSuccessfully) AnswersAgain();
    }

    [LoggerMessage(RedisEventIds.Stuck, LogLevel.Warning,
        "Redis has not answered a call within {Limit}. Callers are refused at once until it answers a ping.")]
    private partial void Stuck(TimeSpan limit);

    [LoggerMessage(RedisEventIds.AnswersAgain, LogLevel.Information, "Redis answers again.")]
    private partial void AnswersAgain();

    [LoggerMessage(RedisEventIds.Refused, LogLevel.Warning,
        "Redis refuses commands, such as one that concerns {RedisKey}: {Why} Further ones with this kind of error are not logged for a "
        + "minute.")]
    private partial void Refused(string redisKey, string why);
}
