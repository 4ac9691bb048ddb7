using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Realtime.Client.Transports;

/// <summary>Opens a fresh connection for every start and every reconnect of a hub connection.</summary>
internal sealed class ConnectionFactory(TransportOptions options, TransferFormat format, ILoggerFactory loggers) : IConnectionFactory
{
    private readonly ILogger _log = loggers.CreateLogger("Realtime.Client.Transports");

    /// <summary>Returns a connection that is open, or throws and leaves nothing behind.</summary>
    /// <remarks>Called under the hub connection's lock: nothing below here may use the hub connection.</remarks>
    public async ValueTask<ConnectionContext> ConnectAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        if (endpoint is not UriEndPoint { Uri: var url })
            throw new ArgumentException($"These transports connect to a {nameof(UriEndPoint)}.", nameof(endpoint));
        var wire = new Wire(options);
        try
        {
            return await new ConnectionAttempt(wire, options, format, _log).RunAsync(url, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            wire.Dispose();
            throw;
        }
    }
}
