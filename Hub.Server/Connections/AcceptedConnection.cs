using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace Realtime.Server.Connections;

/// <summary>A connection that counts against the limit until its socket is closed.</summary>
internal sealed class AcceptedConnection : ConnectionContext
{
    private readonly ConnectionContext _connection;
    private readonly AcceptedConnections _accepted;
    private readonly RequestMeter _meter;

    public AcceptedConnection(ConnectionContext connection, AcceptedConnections accepted, UnfinishedRequests unfinished)
    {
        (_connection, _accepted) = (connection, accepted);
        _meter = new RequestMeter(unfinished, this);
        connection.Transport = new MeteredTransport(connection.Transport, _meter);
        // Requests find the meter among their own features.
        connection.Features.Set(_meter);
    }

    public override string ConnectionId
    {
        get => _connection.ConnectionId;
        set => _connection.ConnectionId = value;
    }

    public override IFeatureCollection Features => _connection.Features;

    public override IDictionary<object, object?> Items
    {
        get => _connection.Items;
        set => _connection.Items = value;
    }

    public override IDuplexPipe Transport
    {
        get => _connection.Transport;
        set => _connection.Transport = value;
    }

    public override EndPoint? LocalEndPoint
    {
        get => _connection.LocalEndPoint;
        set => _connection.LocalEndPoint = value;
    }

    public override EndPoint? RemoteEndPoint
    {
        get => _connection.RemoteEndPoint;
        set => _connection.RemoteEndPoint = value;
    }

    public override CancellationToken ConnectionClosed
    {
        get => _connection.ConnectionClosed;
        set => _connection.ConnectionClosed = value;
    }

    public override void Abort() => Abort(new ConnectionAbortedException());

    public override void Abort(ConnectionAbortedException abortReason)
    {
        _connection.Abort(abortReason);
        _meter.GoOn();
    }

    public override async ValueTask DisposeAsync()
    {
        try
        {
            await _connection.DisposeAsync();
            await base.DisposeAsync();
        }
        finally
        {
            _meter.Close();
            _accepted.Remove();
        }
    }
}
