using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.SignalR;

namespace Realtime.Compare.Peers;

/// <summary>Plain SignalR as its documentation shows it: users by claim, groups joined when a reader connects.</summary>
[Authorize]
internal sealed class StockHub : Hub
{
    public const string Path = "/hubs/stock";

    /// <summary>The method that readers are called by.</summary>
    public const string Method = "Received";

    public override async Task OnConnectedAsync()
    {
        foreach (var group in PeerClaims.GroupsOf(Context.User!)) await Groups.AddToGroupAsync(Context.ConnectionId, group);
        // Only from here on does the reader miss nothing; the client's own start completes before.
        await Clients.Caller.SendAsync(Method, Delivery.Subscribed);
    }
}

/// <summary>SignalR's users are the <c>sub</c> of tokens, as the hub's are.</summary>
internal sealed class StockUsers : IUserIdProvider
{
    public string GetUserId(HubConnectionContext connection) => PeerClaims.UserOf(connection.User);
}

internal sealed class StockPeer(IHubContext<StockHub> hub) : IPeer
{
    public async Task PublishAsync(Published published, CancellationToken cancel)
    {
        var (to, delivery) = (published.To, published.Delivery);
        if (to.Everyone) await hub.Clients.All.SendAsync(StockHub.Method, delivery, cancel);
        if (to.Users is { } users) await hub.Clients.Users(users).SendAsync(StockHub.Method, delivery, cancel);
        if (to.Groups is { } groups) await hub.Clients.Groups(groups).SendAsync(StockHub.Method, delivery, cancel);
    }

    public void Map(IEndpointRouteBuilder routes) => routes.MapHub<StockHub>(StockHub.Path);
}
