using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection;
using Realtime.Server.Connections;
using Realtime.Tests.Routing;
using Realtime.Tests.Support;

namespace Realtime.Tests.Connections;

/// <summary>Clients of the hub that send nothing, on a stock SignalR server that monitors them, with the test's clock.</summary>
[CancelAfter(60_000)]
internal sealed class SilentClientTests
{
    private const string Ping = "{\"type\":6}\u001e";
    private const string Goodbye = "{\"type\":7,\"allowReconnect\":true}\u001e";

    private ManualTime _time = null!;
    private LoopbackServer _server = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _time = new();
        var silent = new SilentClients(_time);
        _server = await LoopbackServer.StartAsync(
            app => app.MapConnections("/hub", connection => connection.Use(silent.Watch).UseHub<Quiet>()),
            services => services.AddSignalR(hub => hub.KeepAliveInterval = TimeSpan.FromHours(1)));
    }

    [TearDown]
    public async Task StopAsync() => await _server.DisposeAsync();

    [Test]
    public async Task A_websocket_that_never_pings_is_ended_and_told_that_it_may_come_back(CancellationToken cancel)
    {
        using var socket = await OpenAsync(cancel);
        _time.Advance(SilentClients.Limit);
        Assert.That(await ReceiveAsync(socket, cancel), Is.EqualTo(Goodbye));
        Assert.That((await socket.ReceiveAsync(new byte[10], cancel)).MessageType, Is.EqualTo(WebSocketMessageType.Close));
    }

    [Test]
    public async Task One_that_pings_stays_and_so_does_a_long_poll(CancellationToken cancel)
    {
        var poll = await RawConnection.NegotiateAsync(_server.Address, "", cancel, "/hub");
        await poll.PollAsync(_server.Address, cancel);
        await poll.PostAsync(_server.Address, RawConnection.Handshake, cancel);
        Assert.That((await poll.PollAsync(_server.Address, cancel)).Body, Is.EqualTo(RawConnection.Agreed));
        var waiting = poll.PollAsync(_server.Address, cancel);
        using var talking = await OpenAsync(cancel);
        using var silent = await OpenAsync(cancel);

        _time.Advance(SilentClients.Limit / 2);
        await SendAsync(talking, Ping, cancel);
        await SendAsync(talking, """{"type":1,"invocationId":"1","target":"Echo","arguments":["heard"]}""" + "\u001e", cancel);
        Assert.That(await ReceiveAsync(talking, cancel), Does.Contain("heard"));
        _time.Advance(SilentClients.Limit / 2);

        Assert.That(await ReceiveAsync(silent, cancel), Is.EqualTo(Goodbye), "so it has been looked at all of them");
        await SendAsync(talking, """{"type":1,"invocationId":"2","target":"Echo","arguments":["again"]}""" + "\u001e", cancel);
        Assert.That(await ReceiveAsync(talking, cancel), Does.Contain("again"));
        Assert.That(waiting.IsCompleted, Is.False);
        await poll.DeleteAsync(_server.Address, cancel);
        await waiting;
    }

    [Test]
    public async Task An_event_stream_that_never_pings_is_ended(CancellationToken cancel)
    {
        var connection = await RawConnection.NegotiateAsync(_server.Address, "", cancel, "/hub");
        using var stream = await connection.OpenStreamAsync(_server.Address, cancel);
        await connection.PostAsync(_server.Address, RawConnection.Handshake, cancel);
        Assert.That(await RawConnection.ReadEventAsync(stream, cancel), Is.EqualTo(RawConnection.Agreed));
        _time.Advance(SilentClients.Limit);
        Assert.That(await RawConnection.ReadEventAsync(stream, cancel), Is.EqualTo(Goodbye));
        Assert.That(await stream.ReadToEndAsync(cancel), Is.Empty.Or.EqualTo("\r\n").Or.EqualTo("\n"));
    }

    [Test]
    public async Task One_that_does_not_even_take_its_goodbye_is_cut(CancellationToken cancel)
    {
        using var socket = await OpenAsync(cancel);
        var sockets = _server.OpenSockets;
        _time.Advance(SilentClients.Limit + SilentClients.Farewell);
        await Eventually.True("its connection is gone", () => _server.OpenSockets == sockets - 1, cancel);
    }

    private async Task<ClientWebSocket> OpenAsync(CancellationToken cancel)
    {
        var socket = new ClientWebSocket();
        await socket.ConnectAsync(new UriBuilder(_server.Hub) { Scheme = "ws" }.Uri, cancel);
        await SendAsync(socket, RawConnection.Handshake, cancel);
        Assert.That(await ReceiveAsync(socket, cancel), Is.EqualTo(RawConnection.Agreed));
        return socket;
    }

    private static Task SendAsync(ClientWebSocket socket, string text, CancellationToken cancel) =>
        socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, cancel);

    private static async Task<string> ReceiveAsync(ClientWebSocket socket, CancellationToken cancel)
    {
        var buffer = new byte[1_000];
        var received = await socket.ReceiveAsync(buffer, cancel);
        return Encoding.UTF8.GetString(buffer, 0, received.Count);
    }

    private sealed class Quiet : Hub
    {
        public string Echo(string text) => $"{Context.ConnectionId}: {text}";
    }
}
