using Microsoft.Extensions.Logging;

namespace Realtime.Client.Transports;

/// <summary>What the transports log. Never an address with its query: that holds tokens.</summary>
internal static partial class TransportLog
{
    [LoggerMessage(1, LogLevel.Debug, "Connected to {Url} over {Transport}.")]
    public static partial void Connected(this ILogger log, Transport transport, Uri url);

    [LoggerMessage(2, LogLevel.Information, "{Transport} did not work: {Reason}")]
    public static partial void TransportFailed(this ILogger log, Transport transport, string reason);

    [LoggerMessage(3, LogLevel.Debug, "The server was not told of the end of a long polling connection and will notice by itself: {Reason}")]
    public static partial void GoodbyeFailed(this ILogger log, string reason);
}
