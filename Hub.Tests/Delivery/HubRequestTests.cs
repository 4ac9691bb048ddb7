using System.Net.WebSockets;
using System.Text;
using Realtime.Tests.Support;

namespace Realtime.Tests.Delivery;

/// <summary>What requests to the hub's addresses can do wrong, and how they can harm others.</summary>
internal sealed class HubRequestTests : ContractTests
{
    private const string Hub = "/hubs/orders";
    private const string Handshake = "{\"protocol\":\"json\",\"version\":1}\u001e";

    private async Task<string> NegotiateAsync(string token, CancellationToken cancel)
    {
        var answer = await SendAsync("POST", Hub + "/negotiate?negotiateVersion=1", token, "", cancel);
        Assert.That(answer.Status, Is.EqualTo(200), answer.Text);
        return answer.Json.GetProperty("connectionToken").GetString()!;
    }

    private async Task<ClientWebSocket> OpenAsync(string token, CancellationToken cancel, string query = "")
    {
        var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Authorization", $"Bearer {token}");
        await socket.ConnectAsync(new Uri($"ws://{Server.Address.Authority}{Hub}{query}"), cancel);
        return socket;
    }

    [TestCase("")]
    [TestCase("?negotiateVersion=0")]
    public async Task A_client_from_before_3_1_is_told_that_it_is_too_old(string query, CancellationToken cancel)
    {
        var answer = await SendAsync("POST", Hub + "/negotiate" + query, Tokens.For("alice"), "", cancel);
        Assert.That(answer.Json.GetProperty("error").GetString(), Does.Contain("The client requested version '0'"));
    }

    private static Task SendAsync(WebSocket socket, string text, CancellationToken cancel) =>
        socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, endOfMessage: true, cancel);

    /// <summary>Everything until the server closes the connection.</summary>
    private static async Task<string> ReadAllAsync(WebSocket socket, CancellationToken cancel)
    {
        var text = new StringBuilder();
        var buffer = new byte[4_096];
        try
        {
            while (await socket.ReceiveAsync(buffer, cancel) is { MessageType: not WebSocketMessageType.Close } read)
                text.Append(Encoding.UTF8.GetString(buffer, 0, read.Count));
        }
        catch (WebSocketException) { /* it hung up without a farewell */ }
        return text.ToString();
    }

    private static async Task<string> ReadUntilAsync(WebSocket socket, string until, CancellationToken cancel)
    {
        var text = new StringBuilder();
        var buffer = new byte[4_096];
        while (!text.ToString().Contains(until, StringComparison.Ordinal))
        {
            var read = await socket.ReceiveAsync(buffer, cancel);
            Assert.That(read.MessageType, Is.Not.EqualTo(WebSocketMessageType.Close), $"It ended before '{until}': {text}");
            text.Append(Encoding.UTF8.GetString(buffer, 0, read.Count));
        }
        return text.ToString();
    }

    [TestCase("GET")]
    [TestCase("POST")]
    [TestCase("DELETE")]
    public async Task Somebody_elses_connection_does_not_exist(string method, CancellationToken cancel)
    {
        var (owner, thief) = (Tokens.For(NewName()), Tokens.For(NewName()));
        var id = await NegotiateAsync(owner, cancel);
        var stolen = await SendAsync(method, $"{Hub}?id={id}", thief, method == "GET" ? null : Handshake, cancel);
        var unknown = await SendAsync(method, $"{Hub}?id=nobody", thief, method == "GET" ? null : Handshake, cancel);
        Assert.That((stolen.Status, stolen.Text, stolen["Content-Type"]), Is.EqualTo((404, unknown.Text, unknown["Content-Type"])),
            "as if it did not exist");
        Assert.That(
            (await SendAsync("POST", $"{Hub}?id={id}", owner, Handshake, cancel)).Status, Is.EqualTo(200), "and its owner never notices");
    }

    [Test]
    public async Task Somebody_elses_connection_cannot_be_upgraded(CancellationToken cancel)
    {
        var id = await NegotiateAsync(Tokens.For(NewName()), cancel);
        Assert.That(async () => await OpenAsync(Tokens.For(NewName()), cancel, $"?id={id}"),
            Throws.TypeOf<WebSocketException>().With.Message.Contains("404"));
    }

    [TestCase("id={0}&id=x")]
    [TestCase("id=x&id={0}")]
    [TestCase("id={0}&ID={0}")]
    [TestCase("id={0}x")]
    [TestCase("id=%00")]
    public async Task Two_ids_or_a_wrong_one_find_nothing(string query, CancellationToken cancel)
    {
        var token = Tokens.For(NewName());
        var id = await NegotiateAsync(token, cancel);
        foreach (var method in (string[])["GET", "POST", "DELETE"])
            Assert.That(
                (await SendAsync(method, $"{Hub}?{string.Format(null, query, id)}", token, method == "GET"
                    ? null
                    : Handshake, cancel)).Status, Is.AnyOf(400, 404));
    }

    [Test]
    public async Task Without_an_id_there_is_a_400_and_stateful_reconnects_and_old_protocols_are_not_offered(CancellationToken cancel)
    {
        var token = Tokens.For(NewName());
        Assert.That((await GetAsync(Hub, token, cancel)).Status, Is.EqualTo(400));
        Assert.That((await SendAsync("POST", Hub + "/negotiate", token, "", cancel)).Text, Does.Contain("error"));
        Assert.That((await SendAsync("POST", Hub + "/negotiate?negotiateVersion=one", token, "", cancel)).Text, Does.Contain("error"));
        var answer = await SendAsync("POST", Hub + "/negotiate?negotiateVersion=1&useStatefulReconnect=true", token, "", cancel);
        Assert.That(answer.Json.TryGetProperty("useStatefulReconnect", out _), Is.False);
    }

    [TestCase("nonsense\u001e")]
    [TestCase("{}\u001e")]
    [TestCase("{\"protocol\":\"json\",\"version\":99}\u001e")]
    [TestCase("{\"protocol\":\"messagepack\",\"version\":1}\u001e")]
    [TestCase(Handshake + "nonsense\u001e")]
    [TestCase(Handshake + "[]\u001e")]
    [TestCase(Handshake + "{\"type\":\"one\"}\u001e")]
    [TestCase(Handshake + "{\"type\":1,\"target\":\"Subscribe\",\"arguments\":")]
    [TestCase(Handshake + "{\"type\":1,\"invocationId\":1,\"target\":7}\u001e")]
    public async Task Frames_that_are_garbage_end_the_connection_and_nothing_else(string text, CancellationToken cancel)
    {
        using var socket = await OpenAsync(Tokens.For(NewName()), cancel);
        await SendAsync(socket, text, cancel);
        if (!text.EndsWith('\u001e')) await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, cancel);
        Assert.That(await ReadAllAsync(socket, cancel), Does.Not.Contain("   at ").And.Not.Contain("System."));
    }

    [TestCase("\"target\":\"Nothing\",\"arguments\":[]")]
    [TestCase("\"target\":\"Acknowledge\",\"arguments\":[\"nonsense\"]")]
    [TestCase("\"target\":\"Acknowledge\",\"arguments\":[null]")]
    [TestCase("\"target\":\"Acknowledge\",\"arguments\":[{\"a\":1}]")]
    [TestCase("\"target\":\"Acknowledge\",\"arguments\":[]")]
    [TestCase("\"target\":\"Acknowledge\",\"arguments\":[\"\\uD83D\"]")]
    [TestCase("\"target\":\"Unread\",\"arguments\":[1,2,3]")]
    [TestCase("\"target\":\"Subscribe\",\"arguments\":[null]")]
    [TestCase("\"target\":\"OnConnectedAsync\",\"arguments\":[]")]
    [TestCase("\"target\":\"Dispose\",\"arguments\":[]")]
    public async Task A_bad_invocation_is_an_error_and_the_connection_goes_on(string call, CancellationToken cancel)
    {
        using var socket = await OpenAsync(Tokens.For(NewName()), cancel);
        await SendAsync(socket, Handshake + $$"""{"type":1,"invocationId":"bad",{{call}}}"""
            + "\u001e{\"type\":1,\"invocationId\":\"good\",\"target\":\"Unread\",\"arguments\":[]}\u001e", cancel);
        Assert.That(await ReadUntilAsync(socket, "\"good\"", cancel),
            Does.Contain("\"invocationId\":\"bad\",\"error\"").And.Not.Contain("   at ").And.Not.Contain("System."));
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, cancel);
    }

    [TestCase("\"arguments\":[1]")]
    [TestCase("\"arguments\":[\"nonsense\"]")]
    [TestCase("\"arguments\":[\"\"]")]
    [TestCase("\"arguments\":[[]]")]
    [TestCase("\"arguments\":[]")]
    [TestCase("\"arguments\":[null,null]")]
    [TestCase("\"arguments\":[null],\"streamIds\":[\"x\"]")]
    public async Task A_bad_subscription_is_an_error_and_the_connection_goes_on(string arguments, CancellationToken cancel)
    {
        using var socket = await OpenAsync(Tokens.For(NewName()), cancel);
        await SendAsync(socket, Handshake + $$"""{"type":4,"invocationId":"bad","target":"Subscribe",{{arguments}}}""" + "\u001e", cancel);
        await ReadUntilAsync(socket, "\"invocationId\":\"bad\",\"error\"", cancel);
        await SendAsync(socket, "{\"type\":4,\"invocationId\":\"good\",\"target\":\"Subscribe\",\"arguments\":[\"latest\"]}\u001e", cancel);
        await ReadUntilAsync(socket, "\"invocationId\":\"good\",\"item\":{\"cursor\"", cancel);
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, cancel);
    }

    [Test]
    public async Task A_frame_without_end_is_not_kept(CancellationToken cancel)
    {
        using var socket = await OpenAsync(Tokens.For(NewName()), cancel);
        await SendAsync(socket, Handshake, cancel);
        var piece = Encoding.ASCII.GetBytes(new string('x', 16_384));
        Assert.That(async () =>
        {
            for (var n = 0; n < 10_000; n++) await socket.SendAsync(piece, WebSocketMessageType.Text, endOfMessage: false, cancel);
        }, Throws.InstanceOf<Exception>(), "it hung up long before 160 MB");
    }

    [Test]
    public async Task A_long_poll_body_of_many_megabytes_does_not_grow_the_server(CancellationToken cancel)
    {
        var token = Tokens.For(NewName());
        var id = await NegotiateAsync(token, cancel);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        // The server does not read posted data before the transport is chosen: it blocks the sender instead of buffering.
        limit.CancelAfter(TimeSpan.FromSeconds(2));
        Assert.That(async () => await SendAsync("POST", $"{Hub}?id={id}", token, new string('x', 20_000_000), limit.Token),
            Throws.InstanceOf<OperationCanceledException>());
    }
}
