using System.IO.Pipelines;

namespace Realtime.Server.Connections;

/// <summary>A connection's transport that counts received bytes.</summary>
internal sealed class MeteredTransport(IDuplexPipe transport, RequestMeter meter) : IDuplexPipe
{
    public PipeReader Input { get; } = new MeteredInput(transport.Input, meter);

    public PipeWriter Output => transport.Output;
}
