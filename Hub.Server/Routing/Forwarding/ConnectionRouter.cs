using Realtime.Server.Node;
using Realtime.Server.Routing.Nodes;
using Realtime.Server.Routing.Tickets;
using Realtime.Server.Security;

namespace Realtime.Server.Routing.Forwarding;

/// <summary>
/// Lets any node take any request of a connection: (1) read whose it is (2) ours (3) an upgrade (4) find the owner, check the caller (5)
/// forward, once.
/// </summary>
/// <remarks>
/// Whatever leads nowhere goes on as it came, with an id that SignalR does not know here: its own 404 is what clients reconnect on.
/// Refusals of the caller and CORS headers then come from this node, and from the owner alone if it answers.
/// </remarks>
internal sealed class ConnectionRouter(
    RequestDelegate next, ThisNode node, NodeDirectory directory, Forwarder forwarder, CallerCheck callers, HubCounters counters)
{
    public Task InvokeAsync(HttpContext context)
    {
        // 1. Only a hub's requests have an owner. Those without an id, or with two, are not for another node to refuse.
        if (!HubRequest.IsConnection(context)) return next(context);
        var ids = context.Request.Query[IdInQuery.Name];
        if (ids.Count != 1 || !ConnectionTicket.TryParse(ids[0], out var ticket)) return next(context);

        // 2. Ours: SignalR knows it by its own token.
        if (ticket.Node == node.Id)
        {
            IdInQuery.Replace(context.Request, ticket.Token);
            return next(context);
        }

        // 3. A WebSocket needs nothing of what the negotiation left at the owner: it is opened here, if the guard agrees.
        if (HubRequest.IsUpgrade(context.Request))
        {
            IdInQuery.Replace(context.Request, null);
            context.Features.Set(ticket);
            return next(context);
        }

        // Forwarded once and not ours: somebody's address was given to us. Preflights are answered here, other methods refused.
        if (context.Features.Get<ForwardedRequest>() is not null || !HubRequest.IsForwardable(context.Request)) return next(context);
        return ForwardAsync(context, ticket.Node);
    }

    private async Task ForwardAsync(HttpContext context, string owner)
    {
        // 4. The caller names a node, never an address.
        if (await directory.FindAsync(owner, context.RequestAborted) is not { } address)
        {
            await next(context);
            return;
        }

        // Whom this node refuses it refuses itself. An owner of an earlier version is reached as its own version did it.
        if (directory.VersionOf(owner) >= NodeVersions.ProvenConnections && !await callers.IsAllowedAsync(context))
        {
            await next(context);
            return;
        }

        // 5. Nobody answers there: the connection went with its owner.
        counters.CountForwarded();   // now: an event stream may take hours
        if (!await forwarder.TryForwardAsync(context, owner, address)) await next(context);
    }
}
