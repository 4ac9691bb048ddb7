using Microsoft.AspNetCore.Connections;
using Realtime.Server.Node;

namespace Realtime.Server.Http;

/// <summary>The outermost step of a request; see <see cref="HttpRegistration.UseProblems"/>.</summary>
internal sealed partial class ProblemMiddleware(RequestDelegate next, ILogger<ProblemMiddleware> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
            await FinishAsync(context);
        }
        catch (Exception exception)
        {
            await FailAsync(context, exception);
        }
    }

    /// <summary>
    /// Gives a body to an error status that has none, also where SignalR has set a content type without writing a body.
    /// </summary>
    private static Task FinishAsync(HttpContext context)
    {
        var response = context.Response;
        var bare = response is { StatusCode: >= 400, HasStarted: false, ContentType: null or "text/plain", ContentLength: null or 0 };
        return bare ? Problems.WriteAsync(context, Problems.ForStatus(response.StatusCode)) : Task.CompletedTask;
    }

    private async Task FailAsync(HttpContext context, Exception exception)
    {
        if (HasLeft(context, exception))
        {
            // The client gets no response. Abort also keeps the web server from reading the rest of the body, which it would log as an
            // error.
            context.Abort();
            return;
        }

        // A body that the web server refused (broken framing, too slow, too large) is a client error, not an error here.
        var status = (exception as BadHttpRequestException)?.StatusCode ?? StatusCodes.Status500InternalServerError;
        if (status == StatusCodes.Status500InternalServerError)
            RequestFailed(context.Request.Method, context.GetEndpoint()?.DisplayName, exception);
        if (context.Response.HasStarted)
        {
            // A clean end would make half a response look complete.
            context.Abort();
            return;
        }
        context.Response.Clear();
        await Problems.WriteAsync(context, Problems.ForStatus(status));
    }

    // A lost connection often shows before the request's token is cancelled.
    private static bool HasLeft(HttpContext context, Exception exception) =>
        exception is ConnectionResetException or ConnectionAbortedException
        || (context.RequestAborted.IsCancellationRequested && exception is OperationCanceledException or IOException);

    [LoggerMessage(EventIds.RequestFailed, LogLevel.Error, "{Method} {Endpoint} failed; the caller got a 500.")]
    private partial void RequestFailed(string method, string? endpoint, Exception exception);
}
