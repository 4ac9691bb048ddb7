using Realtime.Server.Feed;
using Realtime.Server.Feed.Closings;
using Realtime.Server.Node;
using Realtime.Server.Routing;
using Realtime.Server.Routing.Refreshes;
using Realtime.Server.Security;
using Realtime.Server.Security.Revocations;

namespace Realtime.Tests.Feed;

/// <summary>Connections of callers who were never revoked.</summary>
internal static class OpenConnections
{
    public static UserConnections None(int perUser = 200) =>
        new(new FeedOptions { ConnectionsPerUser = perUser }, new RevokedUsers(TimeProvider.System), new LastClosings(),
            TimeProvider.System);

    /// <summary>The owners of connections on a node without others.</summary>
    public static ConnectionOwners Owners(TimeProvider time, RoutingOptions? options = null) =>
        new(options ?? new(), None(), new HubConnections(time), new HubCounters(), new NoOtherNodes(), time);

    public static UserConnection Open(this UserConnections connections, Reader reader) =>
        connections.Open(new Caller(reader.User, reader.Topics, reader.ExpiresAt, IsPublisher: false, IsAdmin: false),
            Server.Node.Transport.WebSockets);
}
