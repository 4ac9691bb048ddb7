using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection;
using Realtime.Tests.Support;

namespace Realtime.Tests.Client;

/// <summary>The hub's addresses on a stock SignalR server in this process: a subscriber gets its position and nothing else.</summary>
internal static class FeedServer
{
    public const string Position = """{"cursor":"c0"}""";

    /// <param name="before">Runs before everything else in the pipeline.</param>
    /// <param name="offered">SignalR's transports; null: all.</param>
    public static Task<LoopbackServer> StartAsync(Action<WebApplication>? before = null, HttpTransportType? offered = null) =>
        LoopbackServer.StartAsync(app =>
        {
            before?.Invoke(app);
            app.MapHub<PositionHub>("/hubs/orders", options => options.Transports = offered ?? HttpTransports.All);
            app.MapGet("/api/notifications", StreamAsync);
            app.MapGet("/api/notifications/unread", () => Results.Text("""{"unread":0}""", "application/json"));
        }, services => services.AddSignalR());

    /// <summary>A server that answers some requests with a status of its own.</summary>
    /// <param name="refuse">The status; null: the request goes on as usual.</param>
    public static Task<LoopbackServer> RefusingAsync(Func<HttpRequest, int?> refuse) => StartAsync(app => app.Use((context, next) =>
    {
        if (refuse(context.Request) is not { } status) return next(context);
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    }));

    public static bool IsNegotiation(this HttpRequest request) => request.Path.Value!.EndsWith("/negotiate", StringComparison.Ordinal);

    public static bool IsUpgrade(this HttpRequest request) => request.Headers.Upgrade.Count > 0;

    public static bool IsEventStream(this HttpRequest request) => request.Headers.Accept == "text/event-stream";

    private static async Task StreamAsync(HttpContext context)
    {
        context.Response.ContentType = "text/event-stream";
        await context.Response.WriteAsync($"data: {Position}\n\n", context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
        await LoopbackServer.UntilAborted(context);
    }
}

/// <summary>Gives a subscriber its position.</summary>
[SuppressMessage("Performance", "CA1822", Justification = "A hub offers instance methods only.")]
public sealed class PositionHub : Hub
{
    private static readonly JsonElement Position = JsonElement.Parse(FeedServer.Position);

    public async IAsyncEnumerable<JsonElement> Subscribe(string? after, [EnumeratorCancellation] CancellationToken cancel)
    {
        yield return Position;
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancel);
    }
}
