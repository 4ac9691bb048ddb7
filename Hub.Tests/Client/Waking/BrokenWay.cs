using Realtime.Tests.Support;

namespace Realtime.Tests.Client.Waking;

/// <summary>A way to a server that breaks without notice: connections stay open and carry nothing, and new ones work.</summary>
internal sealed class BrokenWay : IAsyncDisposable
{
    private readonly int _port;
    private readonly TcpProxy _far, _near;

    public BrokenWay(int port)
    {
        _port = port;
        _far = new(port);
        _near = new(_far.Port);
    }

    public Uri Address => _near.Address;

    /// <summary>Connections of the client so far.</summary>
    public int Accepted => _near.Accepted;

    /// <summary>While true, new connections are closed at once.</summary>
    public bool Refuse
    {
        set => _near.Refuse = value;
    }

    public void Cut() => _near.Cut();

    public void Break()
    {
        (_far.ToClient, _far.ToServer) = (Flow.Swallow, Flow.Swallow);
        _near.Target = _port;
    }

    public async ValueTask DisposeAsync()
    {
        await _near.DisposeAsync();
        await _far.DisposeAsync();
    }
}
