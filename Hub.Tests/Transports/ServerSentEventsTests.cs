using System.Collections.Concurrent;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Realtime.Client;
using Realtime.Tests.Support;

namespace Realtime.Tests.Transports;

/// <summary>How bytes come out of an event stream, and how that ends.</summary>
[CancelAfter(60_000)]
internal sealed class ServerSentEventsTests
{
    private static readonly TransportOptions Options = new() { Transports = [Transport.ServerSentEvents] };

    private LoopbackServer _server = null!;

    [TearDown]
    public async Task StopServer() => await _server.DisposeAsync();

    [TestCase(":\r\ndata: one\r\n\r\ndata: two\r\n\r\n", "onetwo")]
    [TestCase("data: one\n\ndata: two\n\n", "onetwo")]
    [TestCase("data: one\r\rdata: two\r\r", "onetwo")]
    [TestCase("data: a\r\ndata: b\r\n\r\n", "a\nb")]
    [TestCase("data:close\r\n\r\n", "close")]
    [TestCase("data:  two spaces\r\n\r\n", " two spaces")]
    [TestCase("\uFEFFdata: behind a byte-order mark\r\n\r\n", "behind a byte-order mark")]
    [TestCase("event: x\r\nid: 1\r\nretry: 5\r\nfuture: y\r\ndata: named\r\n\r\n", "named")]
    [TestCase(": comment\r\n\r\n:\r\ndata: behind comments\r\n: between\r\n\r\n", "behind comments")]
    [TestCase("data: whole\r\n\r\ndata: unfinished", "whole")]
    [TestCase("data: whole\r\n\r\ndata: without its end\r\n", "whole")]
    [TestCase("data: Grüße 世界 🚚\r\n\r\n", "Grüße 世界 🚚")]
    [TestCase("data\r\n\r\ndata:\r\n\r\ndata: x\r\n\r\n", "x")]
    public async Task Only_the_data_of_whole_events_comes_out(string stream, string expected, CancellationToken cancel)
    {
        foreach (var piece in new[] { stream.Length, 1, 3 })
        {
            _server = await StreamAsync(stream, piece);
            await using (var connection = await TransportRig.ConnectAsync(_server, Options, cancel))
                Assert.That(await connection.ReadAllAsync(cancel), Is.EqualTo(expected), $"in pieces of {piece}");
            if (piece != 3) await _server.DisposeAsync();
        }
    }

    [TestCase(404)]
    [TestCase(409)]
    [TestCase(500)]
    public async Task A_refused_stream_is_a_failed_start(int status, CancellationToken cancel)
    {
        _server = await TransportRig.ServeAsync(context =>
        {
            context.Response.StatusCode = status;
            return Task.CompletedTask;
        });
        Assert.That(async () => await TransportRig.ConnectAsync(_server, Options, cancel), Throws.TypeOf<AggregateException>().With.Message.Contains($"{status}"));
    }

    [Test]
    public async Task An_answer_that_is_no_event_stream_is_a_failed_start(CancellationToken cancel)
    {
        _server = await TransportRig.ServeAsync(context =>
        {
            context.Response.ContentType = "text/html";
            return context.Response.WriteAsync("<h1>Please sign in</h1>", context.RequestAborted);
        });
        Assert.That(async () => await TransportRig.ConnectAsync(_server, Options, cancel), Throws.TypeOf<AggregateException>().With.Message.Contains("text/html"));
    }

    [Test]
    public async Task A_stream_that_breaks_is_a_broken_connection(CancellationToken cancel)
    {
        _server = await TransportRig.ServeAsync(async context =>
        {
            await BeginAsync(context, "data: one\r\n\r\ndata: tw");
            await LoopbackServer.UntilAborted(context);
        });
        await using var connection = await TransportRig.ConnectAsync(_server, Options, cancel);
        _server.CutAll();
        Assert.That(async () => await connection.ReadAllAsync(cancel), Throws.InstanceOf<IOException>());
    }

    [Test]
    public async Task A_stream_that_says_nothing_gives_way_to_the_next_transport(CancellationToken cancel)
    {
        _server = await TransportRig.ServeAsync(async context =>
        {
            if (context.Request.Headers.Accept != "text/event-stream") return;
            await BeginAsync(context, "");
            await LoopbackServer.UntilAborted(context);
        });
        Transport? used = null;
        await using var connection = await TransportRig.ConnectAsync(_server, new()
        {
            Transports = [Transport.ServerSentEvents, Transport.LongPolling],
            ConnectTimeout = TimeSpan.FromMilliseconds(300),
            Connected = which => used = which,
        }, cancel);
        Assert.That(used, Is.EqualTo(Transport.LongPolling));
    }

    [Test]
    public async Task What_is_sent_goes_by_requests_one_after_the_other(CancellationToken cancel)
    {
        var (posts, busy, overlaps) = (new ConcurrentQueue<string>(), 0, 0);
        _server = await TransportRig.ServeAsync(async context =>
        {
            if (context.Request.Method == "GET")
            {
                await BeginAsync(context, ":\r\n");
                await LoopbackServer.UntilAborted(context);
                return;
            }
            if (Interlocked.Increment(ref busy) > 1) Interlocked.Increment(ref overlaps);
            using var body = new StreamReader(context.Request.Body);
            posts.Enqueue(await body.ReadToEndAsync(context.RequestAborted));
            Interlocked.Decrement(ref busy);
        });
        await using (var connection = await TransportRig.ConnectAsync(_server, Options, cancel))
        {
            for (var n = 0; n < 500; n++) await connection.Transport.Output.WriteAsync(System.Text.Encoding.ASCII.GetBytes($"{n},"), cancel);
            await Eventually.True("everything is there", () => string.Concat(posts).EndsWith("499,", StringComparison.Ordinal), cancel);
        }
        Assert.That(string.Concat(posts), Is.EqualTo(string.Concat(Enumerable.Range(0, 500).Select(n => $"{n},"))));
        Assert.That(overlaps, Is.Zero);
        Assert.That(_server.Requests.Where(request => request.Method == "DELETE"), Is.Empty, "to end the stream is enough");
    }

    [Test]
    public async Task A_send_that_is_refused_ends_the_connection(CancellationToken cancel)
    {
        _server = await TransportRig.ServeAsync(async context =>
        {
            if (context.Request.Method == "POST")
            {
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                return;
            }
            await BeginAsync(context, ":\r\n");
            await LoopbackServer.UntilAborted(context);
        });
        await using var connection = await TransportRig.ConnectAsync(_server, Options, cancel);
        await connection.Transport.Output.WriteAsync("x"u8.ToArray(), cancel);
        Assert.That(async () => await connection.ReadAllAsync(cancel), Throws.TypeOf<HttpRequestException>().With.Message.Contains("404"));
    }

    [Test]
    public async Task Only_text_can_be_carried(CancellationToken cancel)
    {
        _server = await StreamAsync("", 1);
        Assert.That(
            async () => await TransportRig.ConnectAsync(_server, Options, cancel, TransferFormat.Binary),
            Throws.TypeOf<AggregateException>().With.Message.Contains("transfer format Binary"));
    }

    private static Task<LoopbackServer> StreamAsync(string stream, int piece) => TransportRig.ServeAsync(async context =>
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(stream);
        await BeginAsync(context, "");
        for (var at = 0; at < bytes.Length; at += piece)
            await context.Response.Body.WriteAsync(bytes.AsMemory(at, Math.Min(piece, bytes.Length - at)), context.RequestAborted);
    });

    private static async Task BeginAsync(HttpContext context, string text)
    {
        context.Response.ContentType = "text/event-stream";
        await context.Response.StartAsync(context.RequestAborted);
        await context.Response.WriteAsync(text, context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
    }
}
