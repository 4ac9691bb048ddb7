using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.SignalR;
using Realtime.Server.Feed;
using StackExchange.Redis;

namespace Realtime.Server.Operations.Operators;

/// <summary>The hub for the operators of the nodes: plain SignalR.</summary>
/// <remarks>
/// SignalR's backplane names its channels after this type. Under another name it would not reach nodes of earlier versions.
/// </remarks>
internal sealed class OperatorsHub(OperatorConnections connections, TimeProvider time) : Hub<IOperatorClient>
{
    /// <summary>Longest announcement; UTF-16 code units.</summary>
    public const int LongestAnnouncement = 1_000;

    private static readonly string BadLength = $"An announcement has 1 to {LongestAnnouncement:N0} UTF-16 code units.";
    private const string NotPassedOn = "The announcement could not be passed on, because Redis does not answer. Send it again in a moment.";

    public override Task OnConnectedAsync()
    {
        var context = Context;
        context.Features.GetRequiredFeature<UserConnection>().CloseWhenRevoked(context.Abort);
        connections.Add(context);
        return Task.CompletedTask;
    }

    public override Task OnDisconnectedAsync(Exception? exception)
    {
        connections.Remove(Context);
        return Task.CompletedTask;
    }

    /// <summary>Sends to all operators on all nodes, the caller included.</summary>
    public async Task Announce(string? text)
    {
        if (text is not { Length: > 0 and <= LongestAnnouncement }) throw new HubException(BadLength);
        try
        {
            await Clients.All.Announcement(new(text, Context.Features.GetRequiredFeature<UserConnection>().Caller.User, time.GetUtcNow()));
        }
        catch (Exception failed) when (failed is RedisException or TimeoutException)
        {
            throw new HubException(NotPassedOn);
        }
    }
}
