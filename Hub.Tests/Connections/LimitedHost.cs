using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Realtime.Server.Connections;
using Realtime.Server.Node;
using Realtime.Server.Operations;

namespace Realtime.Tests.Connections;

/// <summary>A web server in this process with the product's listeners, and responses of the test's own.</summary>
internal sealed class LimitedHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private LimitedHost(WebApplication app) => _app = app;

    public Uri Address => new(_app.Urls.Single());

    public HubCounters Counters => (HubCounters)_app.Services.GetService(typeof(HubCounters))!;

    /// <param name="peerTimeout">Replaces <see cref="PeerTimeout.Limit"/>; null: that limit.</param>
    public static async Task<LimitedHost> StartAsync(RequestDelegate answer, TimeSpan? peerTimeout = null)
    {
        var builder = WebApplication.CreateBuilder(
            new WebApplicationOptions { EnvironmentName = "Production", ContentRootPath = AppContext.BaseDirectory });
        builder.Logging.ClearProviders();
        builder.UseHubDefaults();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        if (peerTimeout is { } limit)
        {
            builder.WebHost.UseSockets(sockets => sockets.CreateBoundListenSocket = endpoint =>
            {
                var socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
                PeerTimeout.Apply(socket, limit);
                return socket;
            });
        }
        var app = builder.Build();
        app.UseRequestMeter();
        app.Run(context =>
        {
            // The limits of these tests are those of the connection.
            if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate) rate.MinDataRate = null;
            return answer(context);
        });
        await app.StartAsync();
        return new(app);
    }

    /// <summary>Sends a request on a connection of its own and leaves the response unread.</summary>
    public async Task<Socket> AskAsync(string target, CancellationToken cancel)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 8 * 1024 };
        await socket.ConnectAsync(Address.Host, Address.Port, cancel);
        await socket.SendAsync(Encoding.ASCII.GetBytes($"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n"), cancel);
        return socket;
    }

    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5), TimeProvider.System);
        await _app.StopAsync(limit.Token);
        await _app.DisposeAsync();
    }
}
