using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Connections;

namespace Realtime.Client.Transports;

/// <summary>Both directions over one WebSocket. Frames and messages are only envelopes: the hub protocol marks its own borders.</summary>
internal sealed class WebSocketsTransport(Wire wire, TransferFormat format) : ITransport
{
    private readonly ClientWebSocket _socket = new();
    private readonly WebSocketMessageType _type =
        format == TransferFormat.Binary ? WebSocketMessageType.Binary : WebSocketMessageType.Text;

    public bool KeepsItselfAlive => false;

    public async Task StartAsync(Uri url, CancellationToken cancel)
    {
        wire.Decorate(_socket.Options.SetRequestHeader);
        if (wire.Tokens.Last is { Length: > 0 } token) _socket.Options.SetRequestHeader("Authorization", "Bearer " + token);
        _socket.Options.CollectHttpResponseDetails = true;
        try
        {
            await _socket.ConnectAsync(Urls.ForWebSocket(url), wire.Upgrades, cancel).ConfigureAwait(false);
        }
        catch (WebSocketException e) when (_socket.HttpStatusCode is not 0 and not HttpStatusCode.SwitchingProtocols)
        {
            throw Wire.Refused(HttpMethod.Get, url, _socket.HttpStatusCode, e);
        }
    }

    public async Task ReceiveAsync(PipeWriter toApp, CancellationToken stop)
    {
        while (true)
        {
            // Waits without holding a buffer: most connections are idle most of the time.
            var received = await _socket.ReceiveAsync(Memory<byte>.Empty, stop).ConfigureAwait(false);
            if (received.MessageType != WebSocketMessageType.Close)
                received = await _socket.ReceiveAsync(toApp.GetMemory(), stop).ConfigureAwait(false);
            if (received.MessageType == WebSocketMessageType.Close)
            {
                ThrowUnlessNormal();
                return;
            }

            toApp.Advance(received.Count);
            var flushed = await toApp.FlushAsync(stop).ConfigureAwait(false);
            if (flushed.IsCompleted) return;
            if (!flushed.IsCanceled) continue;
            await DrainAsync(stop).ConfigureAwait(false);
            return;
        }
    }

    public async Task SendAsync(ReadOnlySequence<byte> bytes, CancellationToken stop)
    {
        var position = bytes.Start;
        bytes.TryGet(ref position, out var segment);
        while (bytes.TryGet(ref position, out var next))
        {
            await _socket.SendAsync(segment, _type, endOfMessage: false, stop).ConfigureAwait(false);
            segment = next;
        }

        await _socket.SendAsync(segment, _type, endOfMessage: true, stop).ConfigureAwait(false);
    }

    public async Task LeaveAsync(ReceiveLoop receiving, bool failed, CancellationToken limit)
    {
        try
        {
            if (_socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
            {
                var status = failed ? WebSocketCloseStatus.InternalServerError : WebSocketCloseStatus.NormalClosure;
                await _socket.CloseOutputAsync(status, null, limit).ConfigureAwait(false);
            }

            await receiving.Ended.WaitAsync(limit).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // The server is gone, or does not say goodbye: disposing ends it too.
        }
    }

    public void Dispose()
    {
        _socket.Abort();
        _socket.Dispose();
    }

    /// <summary>The application has left: reads on, for the server's close frame only.</summary>
    private async Task DrainAsync(CancellationToken stop)
    {
        var scrap = ArrayPool<byte>.Shared.Rent(4096);
        try
        {
            while (true)
            {
                var received = await _socket.ReceiveAsync(scrap.AsMemory(), stop).ConfigureAwait(false);
                if (received.MessageType == WebSocketMessageType.Close) return;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(scrap);
        }
    }

    private void ThrowUnlessNormal()
    {
        if (_socket.CloseStatus == WebSocketCloseStatus.NormalClosure) return;
        // The number for statuses that have no name; the server's own words, if it gave any.
        var words = string.IsNullOrEmpty(_socket.CloseStatusDescription) ? "" : $" ({_socket.CloseStatusDescription})";
        throw new IOException($"Websocket closed with error: {_socket.CloseStatus}.{words}");
    }
}
