using System.Net;
using System.Net.Http.Headers;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;

namespace Realtime.Tests.Routing;

/// <summary>A SignalR connection as a client's single requests, each to a server of the test's choice.</summary>
internal sealed class RawConnection(string id, string bearer, string hub = "/hubs/orders")
{
    /// <summary>JSON, first version; the answer is <see cref="Agreed"/>.</summary>
    public const string Handshake = "{\"protocol\":\"json\",\"version\":1}\u001e";
    public const string Agreed = "{}\u001e";
    public const string UnknownToSignalR = "No Connection with that ID";

    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false });

    /// <summary>The connection token that the server issued.</summary>
    public string Id => id;

    public string Bearer => bearer;

    /// <summary>The node in the token, which is also the server's name to others.</summary>
    public string Node => id[..id.IndexOf('.', StringComparison.Ordinal)];

    public static async Task<RawConnection> NegotiateAsync(Uri server, string bearer, CancellationToken cancel, string hub = "/hubs/orders")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server, hub + "/negotiate?negotiateVersion=1"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", bearer);
        using var answer = await Http.SendAsync(request, cancel);
        var body = await answer.Content.ReadAsStringAsync(cancel);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK), body);
        return new RawConnection(JsonDocument.Parse(body).RootElement.GetProperty("connectionToken").GetString()!, bearer, hub);
    }

    /// <summary>The same connection used by another user, or under another id.</summary>
    public RawConnection As(string? otherId = null, string? otherBearer = null) => new(otherId ?? id, otherBearer ?? bearer, hub);

    /// <summary>The same connection, asked for on another hub.</summary>
    public RawConnection On(string otherHub) => new(id, bearer, otherHub);

    public HttpRequestMessage Request(HttpMethod method, Uri server, string? accept = null, string? body = null)
    {
        var request = new HttpRequestMessage(method, new Uri(server, $"{hub}?id={id}"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", bearer);
        if (accept is not null) request.Headers.TryAddWithoutValidation("Accept", accept);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "text/plain");
        return request;
    }

    /// <summary>Sends a request and returns when the answer's headers are there.</summary>
    public async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, Uri server, CancellationToken cancel, string? accept = null, string? body = null)
    {
        using var request = Request(method, server, accept, body);
        return await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
    }

    /// <summary>The whole answer, as status and text.</summary>
    public async Task<(int Status, string Body)> AskAsync(
        HttpMethod method, Uri server, CancellationToken cancel, string? accept = null, string? body = null)
    {
        using var answer = await SendAsync(method, server, cancel, accept, body);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(cancel));
    }

    public Task<(int Status, string Body)> PollAsync(Uri server, CancellationToken cancel) => AskAsync(HttpMethod.Get, server, cancel);

    public Task<(int Status, string Body)> PostAsync(Uri server, string body, CancellationToken cancel) =>
        AskAsync(HttpMethod.Post, server, cancel, body: body);

    public Task<(int Status, string Body)> DeleteAsync(Uri server, CancellationToken cancel) => AskAsync(HttpMethod.Delete, server, cancel);

    /// <summary>Opens the event stream; the first line has been read.</summary>
    public async Task<StreamReader> OpenStreamAsync(Uri server, CancellationToken cancel)
    {
        var answer = await SendAsync(HttpMethod.Get, server, cancel, "text/event-stream");
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(cancel));
        Assert.That(await reader.ReadLineAsync(cancel), Is.EqualTo(":"));
        return reader;
    }

    /// <returns>The status of the upgrade, and the server's response to a handshake if there is one.</returns>
    public async Task<(int Status, string? Answer)> OpenWebSocketAsync(Uri server, CancellationToken cancel)
    {
        using var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Authorization", $"Bearer {bearer}");
        socket.Options.CollectHttpResponseDetails = true;
        try
        {
            await socket.ConnectAsync(new UriBuilder(server) { Scheme = "ws", Path = hub, Query = $"id={id}" }.Uri, cancel);
        }
        catch (WebSocketException) when (socket.HttpStatusCode != 0)
        {
            return ((int)socket.HttpStatusCode, null);
        }
        await socket.SendAsync(Encoding.UTF8.GetBytes(Handshake), WebSocketMessageType.Text, true, cancel);
        var buffer = new byte[1024];
        var received = await socket.ReceiveAsync(buffer, cancel);
        return ((int)socket.HttpStatusCode, Encoding.UTF8.GetString(buffer, 0, received.Count));
    }

    /// <summary>Reads events until one carries this text.</summary>
    public static async Task<string> ReadEventAsync(StreamReader stream, CancellationToken cancel)
    {
        while (await stream.ReadLineAsync(cancel) is { } line)
            if (line.StartsWith("data: ", StringComparison.Ordinal)) return line["data: ".Length..];
        throw new AssertionException("The stream ended.");
    }
}
