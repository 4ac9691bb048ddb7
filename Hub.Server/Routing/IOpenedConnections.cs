using Realtime.Server.Routing.Tickets;

namespace Realtime.Server.Routing;

/// <summary>Is notified of connections that were opened here and negotiated on another node.</summary>
internal interface IOpenedConnections
{
    /// <param name="host">The client's <c>Host</c>.</param>
    Task AddOpenedAsync(ConnectionTicket ticket, string host);
}
