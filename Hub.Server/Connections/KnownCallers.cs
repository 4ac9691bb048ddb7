namespace Realtime.Server.Connections;

/// <summary>Notifies a connection's meter when the caller of a request is known, and when the request has ended.</summary>
internal static class KnownCallers
{
    /// <summary>Put it in front of everything: a request whose caller never gets known ends too.</summary>
    public static void UseRequestMeter(this WebApplication app) => app.Use(next => context =>
    {
        if (context.Features.Get<RequestMeter>() is { } meter)
        {
            var request = new MeteredRequest(meter, context.Request.ContentLength ?? 0);
            context.Features.Set(request);
            // Not a frame around the request, which would live as long as a stream.
            context.Response.OnCompleted(static request => ((MeteredRequest)request).EndAsync(), request);
        }
        return next(context);
    });

    /// <summary>Put it after what refuses callers that are not known.</summary>
    public static void UseKnownCallers(this WebApplication app) => app.Use(next => context =>
    {
        if (context.User.Identity is { IsAuthenticated: true }) Know(context);
        return next(context);
    });

    /// <summary>What the request's connection has sent is counted no more until the request ends.</summary>
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
