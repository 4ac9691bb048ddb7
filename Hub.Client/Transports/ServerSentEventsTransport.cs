using System.Buffers;
using System.IO.Pipelines;
using System.Net.ServerSentEvents;
using Microsoft.AspNetCore.Connections;

namespace Realtime.Client.Transports;

/// <summary>Receiving by an event stream.</summary>
/// <param name="mustCarry">
/// Whether the start waits for the first bytes, which a server sends at once: a proxy that buffers the stream is then found out while
/// there is another transport to try.
/// </param>
internal sealed class ServerSentEventsTransport(Wire wire, TransportOptions options, TransferFormat format, bool mustCarry) : ITransport
{
    private const string EventStream = "text/event-stream";

    private readonly Posts _posts = new(wire, options, format);
    private Uri? _url;
    private HttpResponseMessage? _response;
    private PipeReader? _stream;

    public bool KeepsItselfAlive => false;

    public async Task StartAsync(Uri url, CancellationToken cancel)
    {
        if (format != TransferFormat.Text)
            throw new ArgumentException("Server-sent events carry text: choose a text hub protocol (JSON), or another transport.");
        _response = await wire.GetAsync(url, cancel, EventStream).ConfigureAwait(false);
        var type = _response.Content.Headers.ContentType?.MediaType;
        if (type is not null && !type.Equals(EventStream, StringComparison.OrdinalIgnoreCase))
            throw new InvalidDataException($"An event stream was expected and the server sent {type}.");
        _stream = PipeReader.Create(await _response.Content.ReadAsStreamAsync(cancel).ConfigureAwait(false));
        if (mustCarry) await FirstBytesAsync(_stream, cancel).ConfigureAwait(false);
        _url = url;
    }

    public async Task ReceiveAsync(PipeWriter toApp, CancellationToken stop)
    {
        var stream = _stream!.AsStream();
        await using var _ = stream.ConfigureAwait(false);
        // An event is a piece of the byte stream; its borders mean nothing here. Names and ids are not used.
        var events = SseParser.Create(stream, (_, data) =>
        {
            toApp.Write(data);
            return data.Length;
        });
        await foreach (var length in events.EnumerateAsync(stop).ConfigureAwait(false))
        {
            var flushed = await toApp.FlushAsync(stop).ConfigureAwait(false);
            if (flushed.IsCanceled || flushed.IsCompleted) return;
        }
    }

    public Task SendAsync(ReadOnlySequence<byte> bytes, CancellationToken stop) => _posts.SendAsync(_url!, bytes, stop);

    public async Task LeaveAsync(ReceiveLoop receiving, bool failed, CancellationToken limit)
    {
        // To end the stream is to end the connection: the server needs no other word.
        receiving.Stop();
        try
        {
            await receiving.Ended.WaitAsync(limit).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Disposing breaks it off.
        }
    }

    public void Dispose() => _response?.Dispose();

    private static async Task FirstBytesAsync(PipeReader stream, CancellationToken cancel)
    {
        var read = await stream.ReadAsync(cancel).ConfigureAwait(false);
        if (read.Buffer.IsEmpty) throw new IOException("The event stream ended before it began.");
        stream.AdvanceTo(read.Buffer.Start);
    }
}
