namespace Realtime.Server.Connections;

/// <summary>Notifies a connection's meter when the caller of a request is known, and when the request has ended.</summary>
internal static class KnownCallers
{
    /// <summary>Put it before all other middleware, so that it also detects the end of requests whose caller stays unknown.</summary>
    public static void UseRequestMeter(this WebApplication app) => app.Use(next => context =>
    {
        if (context.Features.Get<RequestMeter>() is { } meter)
        {
            var request = new MeteredRequest(meter, context.Request.ContentLength ?? 0);
            context.Features.Set(request);
            // Not an async method around the request: its state would live as long as a stream.
            context.Response.OnCompleted(static request => ((MeteredRequest)request).EndAsync(), request);
        }
        return next(context);
    });

    /// <summary>Put it after the middleware that refuses unknown callers.</summary>
    public static void UseKnownCallers(this WebApplication app) => app.Use(next => context =>
    {
        if (context.User.Identity is { IsAuthenticated: true }) Know(context);
        return next(context);
    });

    /// <summary>Stops counting the bytes of the request's connection until the request ends.</summary>
    public static void Know(HttpContext context) => context.Features.Get<MeteredRequest>()?.Know();

    private sealed class MeteredRequest(RequestMeter meter, long bodyBytes)
    {
        private bool _isKnown;

        public void Know()
        {
            if (_isKnown) return;
            _isKnown = true;
            meter.CallerKnown();
        }

        public Task EndAsync()
        {
            meter.RequestEnded(_isKnown, bodyBytes);
            return Task.CompletedTask;
        }
    }
}
