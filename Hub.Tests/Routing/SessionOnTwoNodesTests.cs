using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Realtime.Tests.Delivery;
using Realtime.Tests.Support;

namespace Realtime.Tests.Routing;

/// <summary>A session cookie is as good on every node as on the one that made it.</summary>
[CancelAfter(90_000)]
internal sealed class SessionOnTwoNodesTests
{
    [Test]
    public async Task A_session_of_one_node_reads_on_another_and_its_connections_are_forwarded(CancellationToken cancel)
    {
        await using var redis = await RedisServer.StartAsync(cancel);
        await using var first = await Node.StartAsync(redis, cancel: cancel);
        await using var second = await Node.StartAsync(redis, cancel: cancel);
        using var begin = await first.Server.Http.SendAsync(TestServer.Request(HttpMethod.Post, "/api/session", Tokens.For("alice")), cancel);
        Assert.That(begin.StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        var cookie = begin.Headers.GetValues("Set-Cookie").Single().Split(';')[0];

        await first.Server.PublishAsync("alice", "order 1", cancel);
        using var history = await SendAsync(second, HttpMethod.Get, "/api/notifications?after=earliest", cookie, cancel);
        Assert.That(await history.Content.ReadAsStringAsync(cancel), Does.Contain("order 1"));

        using var negotiated = await SendAsync(first, HttpMethod.Post, "/hubs/orders/negotiate?negotiateVersion=1", cookie, cancel);
        var token = (await negotiated.Content.ReadFromJsonAsync<JsonElement>(cancel)).GetProperty("connectionToken").GetString()!;
        await Eventually.True("the second node knows the first", async () =>
        {
            using var poll = await SendAsync(second, HttpMethod.Get, $"/hubs/orders?id={token}", cookie, cancel);
            return poll.StatusCode == HttpStatusCode.OK;
        }, cancel);
    }

    // As a browser sends it to the address that it has the page from.
    private static async Task<HttpResponseMessage> SendAsync(Node node, HttpMethod method, string path, string cookie, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        request.Headers.Add("Cookie", cookie);
        request.Headers.Add("Sec-Fetch-Site", "same-origin");
        request.Headers.Add("Origin", node.Address.GetLeftPart(UriPartial.Authority));
        return await node.Server.Http.SendAsync(request, cancel);
    }
}
