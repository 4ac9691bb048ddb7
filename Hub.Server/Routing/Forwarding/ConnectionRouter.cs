using Realtime.Server.Node;
using Realtime.Server.Routing.Nodes;
using Realtime.Server.Routing.Tickets;
using Realtime.Server.Security;

namespace Realtime.Server.Routing.Forwarding;

/// <summary>
/// Lets any node take any request of a connection: (1) read which node owns it (2) ours (3) an upgrade (4) find the owner, check the
/// caller (5) forward, once.
/// </summary>
/// <remarks>
/// A request that cannot be routed continues unchanged, with an id that SignalR does not know here: clients reconnect on its own 404.
/// Refusals of the caller and CORS headers then come from this node. If the owner responds, they come from the owner alone.
/// </remarks>
internal sealed class ConnectionRouter(
    RequestDelegate next, ThisNode node, NodeDirectory directory, Forwarder forwarder, CallerCheck callers,
    IConnectionTokens tokens, HubCounters counters)
{
    public Task InvokeAsync(HttpContext context)
    {
        // 1. Only a hub's requests have an owner. A request without an id, or with two, is refused here.
        if (!HubRequest.IsConnection(context)) return next(context);
        var ids = context.Request.Query[IdInQuery.Name];
        if (ids.Count != 1 || !ConnectionTicket.TryParse(ids[0], out var ticket)) return next(context);

        // 2. Ours: SignalR knows the connection by its own token.
        if (ticket.Node == node.Id)
        {
            IdInQuery.Replace(context.Request, ticket.Token);
            return next(context);
        }

        // 3. A WebSocket needs no state that the negotiation left at the owner: it is opened here, if the guard agrees.
        if (HubRequest.IsUpgrade(context.Request))
        {
            IdInQuery.Replace(context.Request, null);
            context.Features.Set(ticket);
            return next(context);
        }

        // Forwarded once and not ours: this node has another node's old address. Preflights are answered here, other methods refused.
        if (context.Features.Get<ForwardedRequest>() is not null || !HubRequest.IsForwardable(context.Request)) return next(context);
        return ForwardAsync(context, ticket);
    }

    private async Task ForwardAsync(HttpContext context, ConnectionTicket ticket)
    {
        var owner = ticket.Node;
        // 4. The caller names a node, never an address.
        if (await directory.FindAsync(owner, context.RequestAborted) is not { } address)
        {
            await next(context);
            return;
        }

        // A caller that this node refuses is never forwarded, but with the token that its connection may have begun with: the owner knows
        // whether that was refreshed. An owner of an earlier version is reached as that version did it.
        if (directory.VersionOf(owner) >= NodeVersions.ProvenConnections && !await callers.IsAllowedAsync(context, MayHaveEnded))
        {
            await next(context);
            return;
        }

        // 5. If no node answers there, the connection ended with its owner.
        var kind = HubRequest.KindOf(context.Request);
        counters.Forwards.Add(kind);   // now: an event stream may take hours
        using var span = HubTraces.StartForward(context.Request.Headers.TraceParent, kind, owner);
        if (!await forwarder.TryForwardAsync(context, owner, address)) await next(context);

        bool MayHaveEnded(Caller caller) => tokens.MayHaveBegunWith(ticket, caller, HubRequest.HubOf(context)!);
    }
}
