using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Realtime.Server.Connections;

/// <summary>
/// Closes hub connections whose client has sent nothing for three keep-alive intervals, even if it has not sent anything yet.
/// </summary>
/// <remarks>
/// SignalR's own time-out starts with a client's first ping, so a client that never pings would never time out. All stock clients since 3.0
/// ping every 15 s on WebSockets and server-sent events. With long polling, the next poll shows that the client is alive.
/// </remarks>
internal sealed class SilentClients(TimeProvider time)
{
    /// <summary>Silence after which a connection is closed. It is checked once a second.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(45);

    /// <summary>How long a normal close may take, which lets the client reconnect. After that the connection is aborted.</summary>
    public static readonly TimeSpan Farewell = TimeSpan.FromSeconds(5);

    /// <summary>Wraps a connection for its whole life.</summary>
    public ConnectionDelegate Watch(ConnectionDelegate next) => connection =>
    {
        if (connection.Features.Get<IConnectionInherentKeepAliveFeature>() is { HasInherentKeepAlive: true }) return next(connection);
        var input = new WatchedInput(connection.Transport.Input, connection, time);
        connection.Transport = new Watched(input, connection.Transport.Output);
        connection.Features.Get<IConnectionHeartbeatFeature>()?.OnHeartbeat(static input => ((WatchedInput)input).Check(), input);
        return next(connection);
    };

    private sealed class Watched(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input => input;

        public PipeWriter Output => output;
    }
}

/// <summary>Measures how long its reader has been waiting for the client.</summary>
internal sealed class WatchedInput(PipeReader input, ConnectionContext connection, TimeProvider time) : PipeReader
{
    private long _since = time.GetTimestamp();

    /// <summary>Closes the connection if the client has been silent for too long.</summary>
    public void Check()
    {
        var silence = time.GetElapsedTime(Interlocked.Read(ref _since));
        // A cancelled read makes the hub close the connection as if the client had left. Its close message lets the client reconnect.
        if (silence >= SilentClients.Limit + SilentClients.Farewell)
            connection.Abort(new ConnectionAbortedException("The client is silent."));
        else if (silence >= SilentClients.Limit) input.CancelPendingRead();
    }

    public override bool TryRead(out ReadResult result) => input.TryRead(out result);

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) => input.ReadAsync(cancellationToken);

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        // The data of this read has been processed: from now on the reader waits again.
        Interlocked.Exchange(ref _since, time.GetTimestamp());
        input.AdvanceTo(consumed, examined);
    }

    public override void CancelPendingRead() => input.CancelPendingRead();

    public override void Complete(Exception? exception = null) => input.Complete(exception);

    public override ValueTask CompleteAsync(Exception? exception = null) => input.CompleteAsync(exception);
}
