using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Realtime.Compare.Wire;

/// <summary>
/// A TCP proxy on loopback that counts every byte and every request, and can be cut. All readers go through it, so its cost is equal for
/// all.
/// </summary>
internal sealed class CountedWire : IAsyncDisposable
{
    private const int Buffer = 16 * 1024;
    private static readonly TimeSpan CloseLimit = TimeSpan.FromSeconds(5);

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<Task, Link> _open = [];
    private readonly DnsEndPoint _server;
    private readonly TimeProvider _time;
    private readonly Task _accepting;
    private long _up, _down, _requests, _connections;
    private volatile bool _isCut, _holds;

    public CountedWire(Uri server, TimeProvider time)
    {
        _server = new(server.Host, server.Port);
        _time = time;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public Uri Address => new($"http://{_listener.LocalEndpoint}");

    public Traffic Traffic =>
        new(Interlocked.Read(ref _up), Interlocked.Read(ref _down), Interlocked.Read(ref _requests), Interlocked.Read(ref _connections));

    /// <summary>The number of open connections.</summary>
    public int Open => _open.Count;

    /// <summary>Resets every connection, and every new one immediately, until <see cref="Mend"/>.</summary>
    public void Cut()
    {
        _isCut = true;
        foreach (var link in _open.Values) Reset(link.Client);
    }

    public void Mend() => _isCut = false;

    /// <summary>Resets every connection on which nothing was sent for this long, in either direction.</summary>
    public void CutIdle(TimeSpan limit)
    {
        foreach (var link in _open.Values)
            if (_time.GetElapsedTime(link.LastAt) > limit) Reset(link.Client);
    }

    /// <summary>
    /// From now on, a connection on which an event stream begins delivers nothing more to its reader, including its headers.
    /// </summary>
    public void HoldEventStreams() => _holds = true;

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        Cut();
        await _accepting;
        await Task.WhenAll(_open.Keys).WaitAsync(CloseLimit, _time);
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            Socket client;
            try
            {
                client = await _listener.AcceptSocketAsync(_stopping.Token);
            }
            catch (Exception) when (_stopping.IsCancellationRequested)
            {
                return;
            }
            if (_isCut) Reset(client);
            else Keep(client);
        }
    }

    private void Keep(Socket client)
    {
        var start = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var link = new Link(client) { LastAt = _time.GetTimestamp() };
        var carrying = CarryAsync(start.Task, link);
        _open[carrying] = link;
        _ = carrying.ContinueWith(ended => _open.TryRemove(ended, out _), TaskScheduler.Default);
        start.SetResult();
        if (_isCut) Reset(client);   // the cut may have happened since the check
    }

    private async Task CarryAsync(Task start, Link link)
    {
        await start;
        var client = link.Client;
        Interlocked.Increment(ref _connections);
        using (client)
        using (var server = new Socket(SocketType.Stream, ProtocolType.Tcp))
        {
            try
            {
                client.NoDelay = server.NoDelay = true;
                await server.ConnectAsync(_server, _stopping.Token);
                var counter = new RequestCounter();
                var watch = new StreamWatch();
                var up = CopyAsync(client, server, bytes =>
                {
                    link.LastAt = _time.GetTimestamp();
                    Interlocked.Add(ref _up, bytes.Length);
                    var before = counter.Requests;
                    counter.Read(bytes);
                    Interlocked.Add(ref _requests, counter.Requests - before);
                    return true;
                });
                var down = CopyAsync(server, client, bytes =>
                {
                    link.LastAt = _time.GetTimestamp();
                    if (_holds) watch.Read(bytes);
                    if (watch.HasBegun) return false;
                    Interlocked.Add(ref _down, bytes.Length);
                    return true;
                });
                await Task.WhenAll(up, down);
            }
            catch (Exception ended) when (ended is SocketException or ObjectDisposedException
                or OperationCanceledException)
            { /* either side left */ }
        }
    }

    private async Task CopyAsync(Socket from, Socket to, Passing passes)
    {
        try
        {
            var buffer = new byte[Buffer];
            while (await from.ReceiveAsync(buffer, _stopping.Token) is > 0 and var read)
            {
                if (!passes(buffer.AsSpan(0, read))) continue;
                for (var sent = 0; sent < read;) sent += await to.SendAsync(buffer.AsMemory(sent, read - sent), _stopping.Token);
            }
            to.Shutdown(SocketShutdown.Send);
        }
        catch
        {
            // One direction is of no use without the other.
            from.Dispose();
            to.Dispose();
            throw;
        }
    }

    private static void Reset(Socket client)
    {
        try
        {
            client.LingerState = new(true, 0);
        }
        catch (Exception gone) when (gone is ObjectDisposedException or SocketException) { /* it is already closed */ }
        client.Dispose();
    }

    private sealed class Link(Socket client)
    {
        private long _lastAt;

        public Socket Client => client;

        /// <summary>When bytes were last sent.</summary>
        public long LastAt
        {
            get => Interlocked.Read(ref _lastAt);
            set => Interlocked.Exchange(ref _lastAt, value);
        }
    }

    /// <summary>Counts the bytes, and returns whether to pass them on.</summary>
    private delegate bool Passing(ReadOnlySpan<byte> bytes);
}
