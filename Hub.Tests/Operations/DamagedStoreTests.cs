using Realtime.Client;
using Realtime.Tests.Delivery;
using Realtime.Tests.Support;

namespace Realtime.Tests.Operations;

/// <summary>A store that breaks under a running node: every response reports it, and the node keeps running.</summary>
[CancelAfter(60_000)]
internal sealed class DamagedStoreTests
{
    [Test]
    public async Task A_store_that_cannot_be_read_is_a_503_on_plain_http_and_a_closing_on_streams(CancellationToken cancel)
    {
        await using var server = await TestServer.StartAsync(cancel: cancel);
        await server.PublishAsync("alice", "before", cancel);
        foreach (var file in Directory.GetFiles(server.DataPath, "realtime.db*")
            .Where(file => !file.EndsWith("-shm", StringComparison.Ordinal)))
            await using (new FileStream(
                file, FileMode.Truncate, FileAccess.Write, FileShare.ReadWrite)) { /* so that no reader finds its pages */ }

        var token = Tokens.For("alice");
        foreach (var target in (string[])["/api/notifications?after=earliest", "/api/notifications/unread"])
        {
            RawAnswer? answer = null;
            // Pages that the store still holds in memory are intact.
            await Eventually.True("it is noticed",
                async () => (answer = await RawHttp.SendAsync(server.Address, "GET", target, token, null, cancel)).Status != 200, cancel);
            answer!.IsProblem(503, target);
            Assert.That(answer.Text, Does.Not.Contain(server.DataPath).And.Not.Contain("SQL"));
        }

        await using (var stream = await EventStreamReceiver.ConnectAsync(server.Address, token, "latest", cancel))
            Assert.That((await stream.NextAsync(cancel))!.Value.Describe(), Is.EqualTo("closing unavailable"),
                "a browser would never come back after a 503");
        foreach (var way in (Transport[])[Transport.WebSockets, Transport.ServerSentEvents, Transport.LongPolling])
        {
            await using var hub = await HubReceiver.ConnectAsync(server.Address, token, way, cancel);
            await hub.SubscribeAsync("latest", cancel);
            Assert.That((await hub.NextAsync(cancel))!.Value.Describe(), Is.EqualTo("closing unavailable"));
        }
        foreach (var target in (string[])["/health/live", "/health/ready"])
            Assert.That((await RawHttp.SendAsync(server.Address, "GET", target, null, null, cancel)).Status, Is.EqualTo(200), target);
    }
}
