using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Connections.Features;
using Realtime.Server.Http;
using Realtime.Server.Routing;
using Realtime.Server.Security;
using Realtime.Tests.Feed;

namespace Realtime.Tests.Routing;

internal sealed class AdoptedIdTests
{
    [Test]
    public async Task A_WebSocket_of_another_nodes_negotiation_has_the_id_that_its_client_was_told() =>
        Assert.That(await IdSeenByTheHubAsync(new AdoptedId("told")), Is.EqualTo("told"));

    [Test]
    public async Task Any_other_connection_keeps_its_own() => Assert.That(await IdSeenByTheHubAsync(null), Is.EqualTo("own"));

    private static async Task<string> IdSeenByTheHubAsync(AdoptedId? adopted)
    {
        var caller = new Caller("alice", [], DateTimeOffset.MaxValue, IsPublisher: false, IsAdmin: false);
        var request = new DefaultHttpContext { User = new(new CallerIdentity(caller, [], "Bearer")) };
        request.Features.Set(adopted);
        var connection = new DefaultConnectionContext("own");
        connection.Features.Set<IHttpContextFeature>(new RequestOf(request));
        var seen = "";
        using var owners = OpenConnections.Owners(TimeProvider.System);
        await owners.Track(inner =>
        {
            seen = inner.ConnectionId;
            return Task.CompletedTask;
        }, Paths.Orders, counts: true)(connection);
        return seen;
    }

    private sealed class RequestOf(HttpContext request) : IHttpContextFeature
    {
        public HttpContext? HttpContext { get; set; } = request;
    }
}
