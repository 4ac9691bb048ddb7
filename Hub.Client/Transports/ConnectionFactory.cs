using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Realtime.Client.Transports;

/// <summary>Opens a fresh connection for every start and every reconnect of a hub connection.</summary>
internal sealed class ConnectionFactory(TransportOptions options, TransferFormat format, ILoggerFactory loggers) : IConnectionFactory
{
    public ValueTask<ConnectionContext> ConnectAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException($"{options} {format} {loggers}");
}
