using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Realtime.Client.Transports;

/// <summary>A connected transport as the hub connection sees it: two ends of pipes, and an end.</summary>
internal sealed class HttpConnection : ConnectionContext, IConnectionInherentKeepAliveFeature
{
    private readonly Wire _wire;
    private readonly ITransport _transport;
    private readonly TransportOptions _options;
    private readonly PipeWriter _toApp;
    private readonly ReceiveLoop _receiving;
    private readonly SendLoop _sending;
    private readonly Task _life;
    private readonly Lazy<Task> _disposal;

    /// <param name="wire">Becomes this connection's own, as does the transport.</param>
    /// <param name="transport">Started.</param>
    public HttpConnection(Wire wire, ITransport transport, TransportOptions options, string? id, EndPoint remote)
    {
        (_wire, _transport, _options) = (wire, transport, options);
        ConnectionId = id!; // null is what a hub connection expects where nothing was negotiated
        RemoteEndPoint = remote;
        Features.Set<IConnectionInherentKeepAliveFeature>(this);

        var (fromServer, fromApp) = (new Pipe(Limits(options)), new Pipe(Limits(options)));
        Transport = new PipeEnds(fromServer.Reader, fromApp.Writer);
        _toApp = fromServer.Writer;
        _receiving = new ReceiveLoop(transport, fromServer.Writer);
        _sending = new SendLoop(transport, fromApp.Reader);
        _life = LiveAsync();
        _disposal = new(LeaveAsync);
    }

    /// <summary>Null if the connection was not negotiated.</summary>
    public override string ConnectionId { get; set; }

    public override IFeatureCollection Features { get; } = new FeatureCollection();

    public override IDictionary<object, object?> Items { get; set; } = new ConnectionItems();

    public override IDuplexPipe Transport { get; set; }

    public bool HasInherentKeepAlive => _transport.KeepsItselfAlive;

    /// <summary>
    /// Ends the connection: what was written goes out (<see cref="TransportOptions.FlushTimeout"/>), the server is told and agrees
    /// (<see cref="TransportOptions.CloseTimeout"/>), pipes are completed, sockets closed. Never throws, may be called again.
    /// </summary>
    public override async ValueTask DisposeAsync()
    {
        await _disposal.Value.ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>The end of one direction is the end of both.</summary>
    private async Task LiveAsync()
    {
        await Task.WhenAny(_receiving.Ended, _sending.Ended).ConfigureAwait(false);
        if (_receiving.Ended.IsCompleted)
        {
            // The application knows by now. What is being sent may finish, so that a close frame can follow it.
            _sending.Stop();
            await _sending.Ended.WaitAtMostAsync(_options.FlushTimeout, _options.TimeProvider).ConfigureAwait(false);
            _sending.Cancel();
            await _sending.Ended.ConfigureAwait(false);
        }
        else if (_sending.Failure is { } failure)
        {
            _receiving.Stop(failure);
        }
        else
        {
            // The application is done, so nobody makes room any more: a transport that waits for room must not.
            _toApp.CancelPendingFlush();
        }

        using var limit = new CancellationTokenSource(_options.CloseTimeout, _options.TimeProvider);
        await _transport.LeaveAsync(_receiving, _sending.Failure is not null, limit.Token).ConfigureAwait(false);
        _receiving.Stop();
        await _receiving.Ended.ConfigureAwait(false);
        _transport.Dispose();
    }

    private async Task LeaveAsync()
    {
        await Transport.Output.CompleteAsync().ConfigureAwait(false);
        await _sending.Ended.WaitAtMostAsync(_options.FlushTimeout, _options.TimeProvider).ConfigureAwait(false);
        _sending.Cancel();
        // The limit holds even if a handler of the user's ignores every token.
        await _life.WaitAtMostAsync(_options.FlushTimeout + _options.CloseTimeout, _options.TimeProvider).ConfigureAwait(false);
        _transport.Dispose();
        _wire.Dispose();
        await Transport.Input.CompleteAsync().ConfigureAwait(false);
    }

    private static PipeOptions Limits(TransportOptions options) => new(
        pauseWriterThreshold: options.BufferSize,
        resumeWriterThreshold: options.BufferSize / 2,
        readerScheduler: PipeScheduler.ThreadPool,
        useSynchronizationContext: false);

    private sealed record PipeEnds(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
