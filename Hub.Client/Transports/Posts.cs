using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Connections;

namespace Realtime.Client.Transports;

/// <summary>Sending by requests, for the transports whose stream leads one way only.</summary>
internal sealed class Posts(Wire wire, TransportOptions options, TransferFormat format)
{
    /// <summary>
    /// Returns when the server has taken the bytes. The next must wait for that: nothing else keeps requests in order.
    /// </summary>
    public async Task SendAsync(Uri url, ReadOnlySequence<byte> bytes, CancellationToken stop)
    {
        using var content = new SequenceContent(bytes, format);
        using var response = await Limits.WithinAsync(
            options.RequestTimeout, options.TimeProvider, "Sending", limit => wire.PostAsync(url, content, limit), stop).ConfigureAwait(false);
    }

    /// <summary>Writes pipe segments as they are, as often as asked.</summary>
    private sealed class SequenceContent : HttpContent
    {
        private readonly ReadOnlySequence<byte> _bytes;

        public SequenceContent(ReadOnlySequence<byte> bytes, TransferFormat format)
        {
            _bytes = bytes;
            Headers.ContentType = new MediaTypeHeaderValue(format == TransferFormat.Binary ? "application/octet-stream" : "text/plain");
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            foreach (var segment in _bytes) await stream.WriteAsync(segment, cancellationToken).ConfigureAwait(false);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = _bytes.Length;
            return true;
        }
    }
}
