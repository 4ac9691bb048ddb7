using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.SignalR.Client;
using Realtime.Server.Node;
using Realtime.Tests.Delivery;
using Realtime.Tests.Support;

namespace Realtime.Tests.Dashboard;

/// <summary>The statistics that an operator gets, and that other users are refused.</summary>
[CancelAfter(60_000)]
internal sealed class AdminStatsTests
{
    [Test]
    public async Task An_admin_sees_what_a_node_has_done_and_nobody_else_does(CancellationToken cancel)
    {
        await using var server = await TestServer.StartAsync(cancel: cancel);
        await using var stream = await EventStreamReceiver.ConnectAsync(server.Address, Tokens.For("alice"), "latest", cancel);
        await stream.TakeAsync(1, cancel);
        await using var hub = await HubReceiver.ConnectAsync(
            server.Address, Tokens.For("alice"), Realtime.Client.Transport.LongPolling, cancel);
        await server.PublishAsync("alice", "order 1", cancel, key: "once");
        await server.PublishAsync("alice", "order 1", cancel, key: "once");
        await stream.TakeAsync(1, cancel);
        await hub.SubscribeAsync("earliest", cancel);
        await hub.TakeAsync(2, cancel);

        var name = await hub.Connection.InvokeAsync<string>("Node", cancel);
        var node = (await StatsAsync(server, cancel)).GetProperty("nodes")[0];
        Assert.Multiple(() =>
        {
            Assert.That(node.GetProperty("id").GetString(), Does.EndWith($"-{name}"), "a node has one name for readers and operators");
            Assert.That(node.GetProperty("isReady").GetBoolean());
            Assert.That(node.GetProperty("connections")
                .GetRawText(), Is.EqualTo("""{"webSockets":0,"serverSentEvents":0,"longPolling":1,"eventSource":1}"""));
            Assert.That(node.GetProperty("sockets").GetProperty("open").GetInt32(), Is.GreaterThanOrEqualTo(2), "the two readers'");
            Assert.That(node.GetProperty("sockets").GetProperty("refused").GetInt64(), Is.Zero);
            Assert.That(node.GetProperty("published").GetInt64(), Is.EqualTo(1), "a repeat is no publish");
            Assert.That(node.GetProperty("delivered").GetInt64(), Is.EqualTo(2));
            Assert.That(node.GetProperty("replayed").GetInt64(), Is.EqualTo(1));
            Assert.That(node.GetProperty("latency").GetProperty("counts").EnumerateArray().Sum(count => count.GetInt64()), Is.EqualTo(1));
        });

        using var reader = await server.Http.SendAsync(TestServer.Request(HttpMethod.Get, "/api/admin/stats", Tokens.Publisher()), cancel);
        using var nobody = await server.Http.GetAsync(new Uri("/api/admin/stats", UriKind.Relative), cancel);
        Assert.That(reader.StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
        Assert.That(nobody.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));

        await stream.DisposeAsync();
        await Eventually.True("a connection that has gone is not counted", async () =>
            (await StatsAsync(server, cancel)).GetProperty("nodes")[0].GetProperty("connections").GetProperty("eventSource")
            .GetInt32() == 0, cancel);
    }

    [TestCase(0, 0)]
    [TestCase(1, 0)]
    [TestCase(2, 1)]
    [TestCase(5_000, 16)]
    [TestCase(5_001, 17)]
    [TestCase(long.MaxValue, 17)]
    public void A_delivery_is_counted_in_the_class_that_its_latency_belongs_to(long milliseconds, int expected)
    {
        var counters = new HubCounters();
        counters.CountWritten(Server.Node.Transport.WebSockets, milliseconds);
        Assert.That(Array.IndexOf(counters.Latency, 1), Is.EqualTo(expected));
        Assert.That(counters.Latency, Has.Length.EqualTo(HubCounters.LatencyClasses.Count + 1));
    }

    private static async Task<JsonElement> StatsAsync(ServerProcess server, CancellationToken cancel)
    {
        using var answer = await server.Http.SendAsync(
            TestServer.Request(HttpMethod.Get, "/api/admin/stats", Tokens.For("boss", null, "admin")), cancel);
        answer.EnsureSuccessStatusCode();
        return await answer.Content.ReadFromJsonAsync<JsonElement>(cancel);
    }
}
