using System.IO.Pipelines;

namespace Realtime.Server.Connections;

/// <summary>A connection's bytes, those that arrive counted.</summary>
internal sealed class MeteredTransport(IDuplexPipe transport, RequestMeter meter) : IDuplexPipe
{
    public PipeReader Input { get; } = new MeteredInput(transport.Input, meter);

    public PipeWriter Output => transport.Output;
}
