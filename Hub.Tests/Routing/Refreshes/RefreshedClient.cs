using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text.Json;
using Microsoft.AspNetCore.SignalR.Client;
using Realtime.Client;
using Realtime.Tests.Delivery;
using Realtime.Tests.Support;

namespace Realtime.Tests.Routing.Refreshes;

/// <summary>A stock client of SignalR 10 with a stream, which knows its connection token, as SignalR 11's do.</summary>
internal sealed class RefreshedClient : IAsyncDisposable
{
    private readonly Negotiations _negotiations;

    private RefreshedClient(HubReceiver receiver, Negotiations negotiations) => (Receiver, _negotiations) = (receiver, negotiations);

    public HubReceiver Receiver { get; }

    /// <summary>What the server answered to the negotiation.</summary>
    public JsonElement Negotiation => _negotiations.Last;

    public string ConnectionToken => Negotiation.GetProperty("connectionToken").GetString()!;

    /// <param name="token">Asked for each connect, and again after a 401.</param>
    /// <param name="webSockets">The node that its WebSockets are opened on; null: the same.</param>
    public static async Task<RefreshedClient> ConnectAsync(
        Uri server, Func<string> token, Transport transport, CancellationToken cancel, Uri? webSockets = null,
        string hub = "/hubs/orders")
    {
        var negotiations = new Negotiations();
        var receiver = await HubReceiver.ConnectAsync(server, transport, options =>
        {
            options.AccessTokenProvider = () => Task.FromResult<string?>(token());
            options.HttpMessageHandlerFactory = inner => negotiations.Over(inner);
            if (webSockets is not null) options.WebSocketFactory = async (context, stop) =>
            {
                var socket = new ClientWebSocket();
                socket.Options.SetRequestHeader("Authorization", $"Bearer {token()}");
                var address = new UriBuilder(context.Uri) { Host = webSockets.Host, Port = webSockets.Port };
                await socket.ConnectAsync(address.Uri, stop);
                return socket;
            };
        }, cancel, hub);
        return new(receiver, negotiations);
    }

    /// <summary>Subscribes, and takes the position that a stream begins with.</summary>
    public async Task SubscribeAsync(CancellationToken cancel)
    {
        await Receiver.SubscribeAsync("latest", cancel);
        Assert.That((await Receiver.NextAsync(cancel))!.Value.Describe(), Is.EqualTo("position"));
    }

    /// <summary>Refreshes by the hub's method; the answer is how long the token lasts.</summary>
    public async Task<int> InvokeRefreshAsync(object? token, CancellationToken cancel) =>
        (await Receiver.Connection.InvokeAsync<JsonElement>("Refresh", token, cancel)).GetProperty("expiresInSeconds").GetInt32();

    /// <summary>Refreshes by the request of SignalR 11's clients, sent to any node.</summary>
    public Task<RawAnswer> PostRefreshAsync(Uri node, string? token, CancellationToken cancel, string hub = "/hubs/orders") =>
        PostRefreshAsync(node, token, ConnectionToken, cancel, hub);

    public static Task<RawAnswer> PostRefreshAsync(
        Uri node, string? token, string connectionToken, CancellationToken cancel, string hub = "/hubs/orders") =>
        RawHttp.SendAsync(node, "POST", $"{hub}/refresh", token, [], cancel, $"X-SignalR-Connection-Token: {connectionToken}");

    public ValueTask DisposeAsync() => Receiver.DisposeAsync();

    private sealed class Negotiations
    {
        public JsonElement Last { get; private set; }

        public HttpMessageHandler Over(HttpMessageHandler inner) => new Listener(this) { InnerHandler = inner };

        private sealed class Listener(Negotiations heard) : DelegatingHandler
        {
            protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancel)
            {
                var answer = await base.SendAsync(request, cancel);
                if (!request.RequestUri!.AbsolutePath.EndsWith("/negotiate", StringComparison.Ordinal)) return answer;
                await answer.Content.LoadIntoBufferAsync(cancel);
                heard.Last = await answer.Content.ReadFromJsonAsync<JsonElement>(cancel);
                return answer;
            }
        }
    }
}
