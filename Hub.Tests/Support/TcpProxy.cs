using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Realtime.Tests.Support;

/// <summary>What a <see cref="TcpProxy"/> does with the bytes of one direction.</summary>
internal enum Flow
{
    Pass,

    /// <summary>
    /// Reads nothing more: the sender's buffers fill up, then it stalls. What is held is passed on by a later <see cref="Pass"/>.
    /// </summary>
    Stall,

    /// <summary>Reads and drops: the sender believes that all is well.</summary>
    Swallow,
}

/// <summary>A network between a client and a server on this machine, to be cut, stalled, slowed down and counted.</summary>
internal sealed class TcpProxy : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly ConcurrentDictionary<Socket, Socket> _links = new();   // client → server
    private readonly ConcurrentDictionary<Socket, bool> _marked = new();    // clients
    private readonly CancellationTokenSource _stopping = new();
    private volatile int _target;
    private readonly Task _accepting;
    private long _bytesToServer, _bytesToClient;
    private int _accepted;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile Flow _toServer, _toClient;
    private volatile bool _refuse;
    private volatile bool _swallowMarked;
    private volatile int _toClientPerSecond;

    /// <param name="target">A port on loopback; nothing needs to listen there yet.</param>
    /// <param name="address">Where it listens; null: 127.0.0.1.</param>
    public TcpProxy(int target, IPAddress? address = null)
    {
        _target = target;
        _listener = new(address ?? IPAddress.Loopback, 0);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public Uri Address => new($"http://127.0.0.1:{Port}");

    public Flow ToServer
    {
        get => _toServer;
        set
        {
            _toServer = value;
            WakeStalled();
        }
    }

    public Flow ToClient
    {
        get => _toClient;
        set
        {
            _toClient = value;
            WakeStalled();
        }
    }

    /// <summary>A connection whose client sends this text (ASCII, in one piece) is marked from then on. Null: none is.</summary>
    public string? MarkedBy { get; init; }

    /// <summary>While true, all data to the client of a marked connection are dropped: the connection is up, and silent.</summary>
    public bool SwallowMarked
    {
        get => _swallowMarked;
        set => _swallowMarked = value;
    }

    /// <summary>
    /// The port that new connections lead to; old ones stay where they are, as with a name that means another address now.
    /// </summary>
    public int Target
    {
        get => _target;
        set => _target = value;
    }

    /// <summary>While true, new connections are closed at once; old ones are left alone.</summary>
    public bool Refuse
    {
        get => _refuse;
        set => _refuse = value;
    }

    /// <summary>Bytes per second and connection to the client; 0: as fast as it goes.</summary>
    public int ToClientPerSecond
    {
        get => _toClientPerSecond;
        set => _toClientPerSecond = value;
    }

    /// <summary>
    /// Drops every packet from clients, those of new connections too, as a broken network does: nothing is acknowledged or refused. A
    /// <see cref="Flow.Swallow"/> is acknowledged.
    /// </summary>
    public void LosePackets()
    {
        _listener.Server.Deafen();
        foreach (var client in _links.Keys) client.Deafen();
    }

    /// <summary>Ends <see cref="LosePackets"/>.</summary>
    public void DeliverPackets()
    {
        _listener.Server.Undeafen();
        foreach (var client in _links.Keys) client.Undeafen();
    }

    /// <summary>Bytes taken from clients, whether passed on or swallowed.</summary>
    public long BytesToServer => Interlocked.Read(ref _bytesToServer);

    /// <inheritdoc cref="BytesToServer"/>
    public long BytesToClient => Interlocked.Read(ref _bytesToClient);

    /// <summary>Connections accepted so far.</summary>
    public int Accepted => Volatile.Read(ref _accepted);

    /// <summary>Connections open now.</summary>
    public int Open => _links.Count;

    /// <summary>Resets every open connection on both sides; new ones are served.</summary>
    public void Cut()
    {
        foreach (var (client, server) in _links) Reset(client, server);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Dispose();
        Cut();
        await Eventually.Ends("the proxy has stopped accepting", _accepting);
        await Eventually.True("the proxy has let go of its connections", () => _links.IsEmpty);
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        var links = new ConcurrentDictionary<Task, bool>();
        try
        {
            while (true)
            {
                var client = await _listener.AcceptSocketAsync(_stopping.Token);
                Interlocked.Increment(ref _accepted);
                if (Refuse)
                {
                    Reset(client);
                    continue;
                }
                var link = LinkAsync(client);
                links[link] = true;
                _ = link.ContinueWith(done => links.TryRemove(done, out _), TaskScheduler.Default);
            }
        }
        catch (Exception stopped) when (stopped is OperationCanceledException or SocketException or InvalidOperationException)
        {
            await Task.WhenAll(links.Keys);
        }
    }

    private async Task LinkAsync(Socket client)
    {
        using var server = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using (client)
        {
            client.NoDelay = true;
            _links[client] = server;
            try
            {
                await server.ConnectAsync(new IPEndPoint(IPAddress.Loopback, _target), _stopping.Token);
                await Task.WhenAll(CopyAsync(client, server, toServer: true), CopyAsync(server, client, toServer: false));
            }
            catch (Exception broken) when (broken is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                Reset(client, server);   // the other side notices at once, as with a real network's reset
            }
            finally
            {
                _links.TryRemove(client, out _);
                _marked.TryRemove(client, out _);
            }
        }
    }

    private async Task CopyAsync(Socket from, Socket to, bool toServer)
    {
        try
        {
            await CopyCoreAsync(from, to, toServer);
        }
        catch (Exception broken) when (broken is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            Reset(from, to);   // ends the copy in the other direction as well
        }
    }

    private async Task CopyCoreAsync(Socket from, Socket to, bool toServer)
    {
        var buffer = new byte[16 * 1024];
        while (true)
        {
            await MayReadAsync(toServer);
            var rate = toServer ? 0 : ToClientPerSecond;
            var size = rate == 0 ? buffer.Length : Math.Clamp(rate / 10, 1, buffer.Length);
            var count = await from.ReceiveAsync(buffer.AsMemory(0, size), _stopping.Token);
            if (count == 0) break;
            if (toServer) Interlocked.Add(ref _bytesToServer, count);
            else Interlocked.Add(ref _bytesToClient, count);
            await MayReadAsync(toServer);   // it may have been stalled while this end was waiting for bytes
            if (toServer && MarkedBy is not null && buffer.AsSpan(0, count).IndexOf(Encoding.ASCII.GetBytes(MarkedBy)) >= 0)
                _marked[from] = true;
            if ((toServer ? ToServer : ToClient) == Flow.Swallow || (!toServer && SwallowMarked && _marked.ContainsKey(to))) continue;
            await to.SendAsync(buffer.AsMemory(0, count), _stopping.Token);
            if (rate > 0) await Task.Delay(TimeSpan.FromSeconds((double)count / rate), TimeProvider.System, _stopping.Token);
        }
        to.Shutdown(SocketShutdown.Send);
    }

    private async Task MayReadAsync(bool toServer)
    {
        while (true)
        {
            var changed = Volatile.Read(ref _changed).Task;
            if ((toServer ? ToServer : ToClient) != Flow.Stall) return;
            await changed.WaitAsync(_stopping.Token);
        }
    }

    private void WakeStalled() =>
        Interlocked.Exchange(ref _changed, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();

    private static void Reset(params ReadOnlySpan<Socket> sockets)
    {
        foreach (var socket in sockets)
        {
            try
            {
                socket.LingerState = new LingerOption(true, 0);   // closes with a reset instead of a clean close
            }
            catch (Exception closed) when (closed is SocketException or ObjectDisposedException) { /* no one to reset */ }
            socket.Dispose();
        }
    }
}
