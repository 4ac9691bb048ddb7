namespace Realtime.Client.Feed.Requests;

/// <summary>What one connection of a feed sends its requests through: the token, headers and limits, the user's handler.</summary>
/// <param name="token">Asked before the first request, and when the server refuses the last answer (401).</param>
internal sealed class FeedHttp(OrderFeedOptions options, Func<CancellationToken, ValueTask<string?>> token) : IDisposable
{
    // Made by the first request, so that a user's handler that fails counts as a failed try to connect.
    private readonly Lazy<HttpMessageHandler> _handler = new(() => new TokenHandler(token, new RequestGuard(options, HandlerOf(options))));

    /// <summary>For the SignalR client, which makes a client of its own around it.</summary>
    public HttpMessageHandler Handler => _handler.Value;

    /// <summary>For WebSockets and requests of the API. An answer is there when its headers are, good or bad.</summary>
    public HttpMessageInvoker Invoker => new(Handler, disposeHandler: false);

    public void Dispose()
    {
        try
        {
            if (_handler.IsValueCreated) Handler.Dispose();
        }
        catch (Exception)
        {
            // A handler of the user's may fail here; the connection is over all the same.
        }
    }

    private static HttpMessageHandler HandlerOf(OrderFeedOptions options)
    {
        var handler = new SocketsHttpHandler
        {
            ConnectTimeout = options.ConnectTimeout,
            // Below the 60 s after which usual balancers close an idle connection: no request should meet that.
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(45),
            // A peer that vanished under HTTP/2 would otherwise swallow one poll after another.
            KeepAlivePingDelay = TimeSpan.FromSeconds(30),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(15),
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
        };
        if (options.ConfigureHandler is not { } configure) return handler;
        try
        {
            return configure(handler) ?? throw new InvalidOperationException(
                $"{nameof(OrderFeedOptions.ConfigureHandler)} returned null: return the handler to use.");
        }
        catch
        {
            handler.Dispose();
            throw;
        }
    }
}
