using System.Buffers;
using System.Collections.Concurrent;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Realtime.Compare.Peers;

/// <summary>
/// An event stream written with the framework alone: one channel per user in memory, and nothing that survives its reader. It does the
/// least that delivers, so its figures are the yardstick for those of the hub.
/// </summary>
internal sealed class BareEventStreams : IPeer
{
    public const string Path = "/events";

    // A reader this far behind loses its stream: without a limit, one that does not read would fill the memory.
    private const int MostQueued = 10_000;

    private readonly ConcurrentDictionary<string, Reader> _readers = [];

    public Task PublishAsync(Published published, CancellationToken cancel)
    {
        // Once for all readers.
        var line = LineOf(published.Delivery);
        var to = published.To;
        foreach (var user in to.Users ?? [])
            if (_readers.TryGetValue(user, out var reader)) reader.Send(line);
        if (!to.Everyone && to.Groups is null) return Task.CompletedTask;
        foreach (var (_, reader) in _readers)
            if (to.Everyone || to.Groups!.Any(reader.Groups.Contains)) reader.Send(line);
        return Task.CompletedTask;
    }

    public void Map(IEndpointRouteBuilder routes) => routes.MapGet(Path, ReadAsync).RequireAuthorization();

    private async Task ReadAsync(HttpContext context)
    {
        var (user, cancel) = (PeerClaims.UserOf(context.User), context.RequestAborted);
        var reader = new Reader([.. PeerClaims.GroupsOf(context.User)]);
        // A second stream of a user ends the first one.
        _readers.AddOrUpdate(user, reader, (_, former) =>
        {
            former.Queue.Writer.TryComplete();
            return reader;
        });
        try
        {
            context.Response.ContentType = "text/event-stream";
            context.Response.Headers.CacheControl = "no-cache";
            var body = context.Response.BodyWriter;
            await body.WriteAsync(LineOf(Delivery.Subscribed), cancel);
            while (await reader.Queue.Reader.WaitToReadAsync(cancel))
            {
                // All that is there in one write.
                while (reader.Queue.Reader.TryRead(out var line)) body.Write(line);
                await body.FlushAsync(cancel);
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested) { /* the reader left */ }
        finally
        {
            _readers.TryRemove(new(user, reader));
        }
    }

    private static byte[] LineOf(Delivery delivery) =>
        [.. "data: "u8, .. JsonSerializer.SerializeToUtf8Bytes(delivery, JsonSerializerOptions.Web), .. "\n\n"u8];

    private sealed class Reader(HashSet<string> groups)
    {
        public HashSet<string> Groups => groups;

        public Channel<byte[]> Queue { get; } = Channel.CreateBounded<byte[]>(
            new BoundedChannelOptions(MostQueued) { SingleReader = true });

        public void Send(byte[] line)
        {
            if (!Queue.Writer.TryWrite(line)) Queue.Writer.TryComplete();
        }
    }
}
