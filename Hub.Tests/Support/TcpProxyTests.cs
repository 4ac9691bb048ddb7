using System.Net;
using System.Net.Sockets;

namespace Realtime.Tests.Support;

[CancelAfter(30_000)]
internal sealed class TcpProxyTests
{
    private TcpListener _server = null!;
    private TcpProxy _proxy = null!;
    private TcpClient _client = null!;
    private Socket _accepted = null!;

    [SetUp]
    public async Task Connect()
    {
        _server = new TcpListener(IPAddress.Loopback, 0);
        _server.Start();
        _proxy = new TcpProxy(((IPEndPoint)_server.LocalEndpoint).Port);
        _client = new TcpClient();
        await _client.ConnectAsync(IPAddress.Loopback, _proxy.Port);
        _accepted = await _server.AcceptSocketAsync();
    }

    [TearDown]
    public async Task Disconnect()
    {
        _client.Dispose();
        _accepted.Dispose();
        _server.Dispose();
        await _proxy.DisposeAsync();
    }

    [Test]
    public async Task Bytes_pass_both_ways_and_are_counted(CancellationToken cancel)
    {
        await _client.Client.SendAsync("ping"u8.ToArray(), cancel);
        Assert.That(await ReceiveAsync(_accepted, 4, cancel), Is.EqualTo("ping"u8.ToArray()));
        await _accepted.SendAsync("pong!"u8.ToArray(), cancel);
        Assert.That(await ReceiveAsync(_client.Client, 5, cancel), Is.EqualTo("pong!"u8.ToArray()));
        Assert.That((_proxy.BytesToServer, _proxy.BytesToClient, _proxy.Accepted), Is.EqualTo((4L, 5L, 1)));
    }

    [Test]
    public async Task A_cut_is_seen_by_both_sides(CancellationToken cancel)
    {
        await Eventually.True("the link stands", () => _proxy.Open == 1, cancel);
        _proxy.Cut();
        Assert.That(await EndsAsync(_client.Client, cancel), Is.True);
        Assert.That(await EndsAsync(_accepted, cancel), Is.True);
    }

    [Test]
    public async Task What_is_stalled_arrives_when_it_may_pass_again(CancellationToken cancel)
    {
        _proxy.ToClient = Flow.Stall;
        await _accepted.SendAsync("late"u8.ToArray(), cancel);
        await _client.Client.SendAsync("other way"u8.ToArray(), cancel);
        await ReceiveAsync(_accepted, 9, cancel);
        Assert.That(_client.Available, Is.Zero);
        _proxy.ToClient = Flow.Pass;
        Assert.That(await ReceiveAsync(_client.Client, 4, cancel), Is.EqualTo("late"u8.ToArray()));
    }

    [Test]
    public async Task What_is_swallowed_never_arrives(CancellationToken cancel)
    {
        _proxy.ToClient = Flow.Swallow;
        await _accepted.SendAsync("lost"u8.ToArray(), cancel);
        await Eventually.True("the proxy has taken the bytes", () => _proxy.BytesToClient == 4, cancel);
        _proxy.ToClient = Flow.Pass;
        await _accepted.SendAsync("kept"u8.ToArray(), cancel);
        Assert.That(await ReceiveAsync(_client.Client, 4, cancel), Is.EqualTo("kept"u8.ToArray()));
    }

    [Test]
    public async Task A_refused_client_is_turned_away_and_old_ones_stay(CancellationToken cancel)
    {
        await Eventually.True("the link stands", () => _proxy.Open == 1, cancel);
        _proxy.Refuse = true;
        using var late = new TcpClient();
        Assert.That(await IsTurnedAwayAsync(late, cancel), Is.True);
        await _client.Client.SendAsync("x"u8.ToArray(), cancel);
        Assert.That(await ReceiveAsync(_accepted, 1, cancel), Is.EqualTo("x"u8.ToArray()));
    }

    private static async Task<byte[]> ReceiveAsync(Socket socket, int count, CancellationToken cancel)
    {
        var buffer = new byte[count];
        for (var read = 0; read < count;)
        {
            var received = await socket.ReceiveAsync(buffer.AsMemory(read), cancel);
            if (received == 0) throw new EndOfStreamException();
            read += received;
        }
        return buffer;
    }

    private async Task<bool> IsTurnedAwayAsync(TcpClient client, CancellationToken cancel)
    {
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, _proxy.Port, cancel);
            return await EndsAsync(client.Client, cancel);
        }
        catch (SocketException)
        {
            return true;   // reset before the connect had returned
        }
    }

    private static async Task<bool> EndsAsync(Socket socket, CancellationToken cancel)
    {
        try
        {
            return await socket.ReceiveAsync(new byte[1], cancel) == 0;
        }
        catch (SocketException)
        {
            return true;   // reset
        }
    }
}
