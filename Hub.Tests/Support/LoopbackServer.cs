using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Realtime.Tests.Support;

/// <summary>
/// A Kestrel of the test's own: a stock SignalR server, or what the test maps. Records its requests and its open connections.
/// </summary>
internal sealed class LoopbackServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, ConnectionContext> _sockets = new();
    private readonly ConcurrentQueue<Request> _requests = new();

    private LoopbackServer(Action<IServiceCollection>? services, Action<WebApplication> map)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore()
            .ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listener => listener.Use(Count)));
        builder.Services.AddRouting();
        services?.Invoke(builder.Services);
        _app = builder.Build();
        _app.Use(Record);
        map(_app);
    }

    /// <summary>Where it listens, without a path.</summary>
    public Uri Address => new(_app.Urls.Single());

    public Uri Hub => new(Address, "/hub");

    /// <summary>TCP connections that are open now.</summary>
    public int OpenSockets => _sockets.Count;

    /// <summary>Everything asked so far, oldest first.</summary>
    public IReadOnlyList<Request> Requests => [.. _requests];

    public IServiceProvider Services => _app.Services;

    /// <summary>The test's own response, to every path.</summary>
    public static Task<LoopbackServer> AnsweringAsync(RequestDelegate answer) => StartAsync(app =>
    {
        app.UseWebSockets();
        app.Run(answer);
    });

    public static async Task<LoopbackServer> StartAsync(Action<WebApplication> map, Action<IServiceCollection>? services = null)
    {
        var server = new LoopbackServer(services, map);
        await server._app.StartAsync();
        return server;
    }

    /// <summary>A response that never comes: returns when the client disconnects.</summary>
    public static async Task UntilAborted(HttpContext context)
    {
        var aborted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var registration = context.RequestAborted.Register(aborted.SetResult);
        await aborted.Task;
    }

    /// <summary>Cuts every connection as a crash would: without a close message on any of them.</summary>
    public void CutAll()
    {
        foreach (var socket in _sockets.Values) socket.Abort();
    }

    public async ValueTask DisposeAsync()
    {
        CutAll();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5), TimeProvider.System);
        await _app.StopAsync(limit.Token);
        await _app.DisposeAsync();
    }

    private ConnectionDelegate Count(ConnectionDelegate next) => async connection =>
    {
        _sockets[connection.ConnectionId] = connection;
        try
        {
            await next(connection);
        }
        finally
        {
            _sockets.TryRemove(connection.ConnectionId, out _);
        }
    };

    private Task Record(HttpContext context, RequestDelegate next)
    {
        var headers = context.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        _requests.Enqueue(new(context.Request.Method, context.Request.Path, context.Request.QueryString.ToString(), headers));
        return next(context);
    }

    /// <summary>A request as it came.</summary>
    internal sealed record Request(string Method, string Path, string Query, IReadOnlyDictionary<string, string> Headers)
    {
        public bool IsNegotiation => Path.EndsWith("/negotiate", StringComparison.Ordinal);

        public string? this[string header] => Headers.GetValueOrDefault(header);
    }
}
