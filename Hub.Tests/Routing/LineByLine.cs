using System.Net;
using System.Text;
using System.Threading.Channels;

namespace Realtime.Tests.Routing;

/// <summary>The body of a request that a test writes while the answer comes.</summary>
internal sealed class LineByLine : HttpContent
{
    private readonly Channel<string> _lines = Channel.CreateBounded<string>(16);

    public LineByLine() => Headers.ContentType = new("application/x-ndjson");

    public ValueTask WriteAsync(string line, CancellationToken cancel) => _lines.Writer.WriteAsync(line, cancel);

    public void End() => _lines.Writer.Complete();

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancel)
    {
        await foreach (var line in _lines.Reader.ReadAllAsync(cancel))
        {
            await stream.WriteAsync(Encoding.UTF8.GetBytes(line + "\n"), cancel);
            await stream.FlushAsync(cancel);
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
