using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Realtime.Tests.Support;

namespace Realtime.Tests.Client;

/// <summary>
/// A buffering proxy: forwards the headers of a response at once, but its body only when that is complete, which an event stream never is.
/// It does not support WebSockets.
/// </summary>
internal sealed class BufferingProxy : IAsyncDisposable
{
    private readonly HttpMessageInvoker _upstream = new(
        new SocketsHttpHandler { UseProxy = false, UseCookies = false, AllowAutoRedirect = false });
    private readonly LoopbackServer _server;

    private BufferingProxy(LoopbackServer server) => _server = server;

    public Uri Address => _server.Address;

    public IReadOnlyList<LoopbackServer.Request> Requests => _server.Requests;

    public static async Task<BufferingProxy> StartAsync(Uri target)
    {
        BufferingProxy? proxy = null;
        var server = await LoopbackServer.StartAsync(app => app.Run((HttpContext context) => proxy!.ForwardAsync(context, target)));
        return proxy = new BufferingProxy(server);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _upstream.Dispose();
    }

    private async Task ForwardAsync(HttpContext context, Uri target)
    {
        if (context.Features.Get<IHttpUpgradeFeature>()?.IsUpgradableRequest == true)
        {
            context.Response.StatusCode = StatusCodes.Status502BadGateway;
            return;
        }

        using var request = new HttpRequestMessage(
            new(context.Request.Method), new Uri(target, $"{context.Request.Path}{context.Request.QueryString}"));
        if (context.Request.ContentLength is not null) request.Content = new StreamContent(context.Request.Body);
        foreach (var (name, value) in context.Request.Headers)
        {
            if (name is "Host" or "Connection" or "Transfer-Encoding") continue;
            if (!request.Headers.TryAddWithoutValidation(name, (string?)value))
                request.Content?.Headers.TryAddWithoutValidation(name, (string?)value);
        }

        try
        {
            using var answer = await _upstream.SendAsync(request, context.RequestAborted);
            context.Response.StatusCode = (int)answer.StatusCode;
            if (answer.Content.Headers.ContentType is { } type) context.Response.ContentType = type.ToString();
            if (answer.StatusCode == HttpStatusCode.NoContent) return;
            await context.Response.StartAsync(context.RequestAborted);
            await context.Response.Body.WriteAsync(
                await answer.Content.ReadAsByteArrayAsync(context.RequestAborted), context.RequestAborted);
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested) { /* the client left */ }
    }
}
