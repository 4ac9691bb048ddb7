using Realtime.Server.Feed;
using Realtime.Server.Node;

namespace Realtime.Server.Operations;

/// <summary>Logs at start where notifications are stored, the main limits, and the addresses of the node.</summary>
internal sealed partial class StartUpReport(IStoreReport store, FeedOptions feed, DrainOptions drain, ILogger<StartUpReport> logger)
{
    public void Write(IEnumerable<string> addresses)
    {
        store.Write(logger);
        Limits(feed.ConnectionsPerUser, drain.Duration);
        Serves(string.Join(", ", addresses));
    }

    [LoggerMessage(EventIds.StartUpLimits, LogLevel.Information,
        "Limits: {Connections} connections per user. Shutdown takes up to {Drain} plus 10 s.")]
    private partial void Limits(int connections, TimeSpan drain);

    [LoggerMessage(EventIds.StartUpAddresses, LogLevel.Information,
        "{Addresses}: POST, GET /api/notifications · /hubs/orders (WebSockets, SSE, long polling) · dashboard at /")]
    private partial void Serves(string addresses);
}
