using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Realtime.Server.Publishing.Batch;
using Realtime.Tests.Support;

namespace Realtime.Tests.Publishing;

/// <summary>A batch whose client neither sends nor reads any more.</summary>
[CancelAfter(60_000)]
internal sealed class BatchStallTests
{
    [Test]
    public async Task A_client_that_neither_sends_nor_reads_is_hung_up_on(CancellationToken cancel)
    {
        var limits = new BatchLimits { ChunksInMemory = 1, FileBytes = 64 * 1024, Stall = TimeSpan.FromSeconds(1) };
        await using var host = await PublishingHost.StartAsync(extend: services => services.AddSingleton(limits));
        using var client = await host.ConnectAsync(cancel);
        client.ReceiveBufferSize = 4_096;
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /api/notifications/batch HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {Tokens.Publisher()}\r\nContent-Type: "
            + "application/x-ndjson\r\nContent-Length: 100000000\r\n\r\n"), cancel);
        // Bad lines have the longest responses. The client reads nothing, so in the end the server cannot write either.
        var lines = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("{\n", 10_000)));
        Assert.That(async () =>
        {
            while (true) await stream.WriteAsync(lines, cancel);
        }, Throws.InstanceOf<IOException>(), "it was hung up on");
        using var next = host.Client(Tokens.For("alice"));
        Assert.That((int)(await next.GetAsync(new Uri("/api/notifications", UriKind.Relative), cancel)).StatusCode, Is.EqualTo(200),
            "and nobody else");
    }
}
