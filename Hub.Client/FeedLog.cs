using Microsoft.Extensions.Logging;

namespace Realtime.Client;

/// <summary>What the feed logs. Never a token, a cursor or data.</summary>
internal static partial class FeedLog
{
    public const string Category = "Realtime.Client.OrderFeed";

    [LoggerMessage(11, LogLevel.Debug, "The feed is {Phase} ({Transport}). {Reason}")]
    public static partial void StateChanged(this ILogger log, FeedPhase phase, Transport? transport, string? reason);

    [LoggerMessage(12, LogLevel.Warning, "The connection is lost and is tried again in {Wait} (attempt {Attempt}): {Reason}")]
    public static partial void Reconnecting(this ILogger log, TimeSpan wait, int attempt, string reason);

    [LoggerMessage(13, LogLevel.Information, "{Transport} did not work: {Reason}")]
    public static partial void DidNotCarry(this ILogger log, Transport? transport, string reason);

    [LoggerMessage(14, LogLevel.Warning,
        "The server does not know the saved position: the feed goes on behind what was acknowledged, and reports a gap.")]
    public static partial void CursorRefused(this ILogger log);

    [LoggerMessage(15, LogLevel.Warning,
        "A position was not saved, so notifications may come again after a restart. The next position is saved as usual: {Reason}")]
    public static partial void CursorNotSaved(this ILogger log, string reason);

    [LoggerMessage(28, LogLevel.Information, "Positions are saved again.")]
    public static partial void CursorSavedAgain(this ILogger log);

    [LoggerMessage(16, LogLevel.Warning,
        "Notifications are missing in {Topic} between {After} and {Next} ({Reason}). Set OrderFeedOptions.OnGap to handle this.")]
    public static partial void GapUnhandled(this ILogger log, string? topic, long? after, long? next, GapReason reason);

    [LoggerMessage(17, LogLevel.Information, "A notification was lost on the way; the feed subscribes again from its position.")]
    public static partial void HoleFound(this ILogger log);

    [LoggerMessage(18, LogLevel.Debug, "The loop does not keep up; the feed stops receiving until half of its buffer is free.")]
    public static partial void Paused(this ILogger log);

    [LoggerMessage(19, LogLevel.Error, "OnStateChanged failed.")]
    public static partial void CallbackFailed(this ILogger log, Exception failure);

    [LoggerMessage(20, LogLevel.Error, "The feed is closed for good: {Reason}")]
    public static partial void Refused(this ILogger log, string reason);

    [LoggerMessage(21, LogLevel.Debug, "The connection has a new token, which lasts for {Life}.")]
    public static partial void Refreshed(this ILogger log, TimeSpan life);

    [LoggerMessage(22, LogLevel.Debug, "The connection was not given a new token, which is tried again in {Wait}: {Reason}")]
    public static partial void NotRefreshed(this ILogger log, TimeSpan wait, string reason);

    [LoggerMessage(23, LogLevel.Information, "The connection was not given a new token, so the feed reconnects when it ends: {Reason}")]
    public static partial void NotRefreshedInTime(this ILogger log, string reason);

    [LoggerMessage(24, LogLevel.Debug, "The server cannot give a connection a new token, so the feed reconnects when it ends.")]
    public static partial void RefreshIsUnknown(this ILogger log);

    [LoggerMessage(25, LogLevel.Information, "The program slept for {Slept}; the connection is tested now.")]
    public static partial void Slept(this ILogger log, TimeSpan slept);

    [LoggerMessage(26, LogLevel.Information, "The network has changed; the connection is tested now.")]
    public static partial void NetworkChanged(this ILogger log);

    [LoggerMessage(27, LogLevel.Information, "This system reports no changes of the network, so a feed notices them by silence: {Reason}")]
    public static partial void NetworkUnwatched(this ILogger log, string reason);
}
