namespace Realtime.Client.Feed.Requests;

/// <summary>The HTTP pipeline of one connection: the token, headers and limits, and the user's handler.</summary>
/// <param name="token">Called before the first request, and when the server refuses the last token (401).</param>
internal sealed class FeedHttp(OrderFeedOptions options, Func<CancellationToken, ValueTask<string?>> token) : IDisposable
{
    // Created by the first request, so that an exception in the user's handler counts as a failed attempt to connect.
    private readonly Lazy<TokenHandler> _handler = new(() => new TokenHandler(token, new RequestGuard(options, HandlerOf(options))));

    /// <summary>For the SignalR client, which wraps it in a client of its own.</summary>
    public HttpMessageHandler Handler => _handler.Value;

    /// <summary>For WebSockets and API requests. Returns when the headers have arrived, whatever the status.</summary>
    public HttpMessageInvoker Invoker => new(Handler, disposeHandler: false);

    /// <summary>The token that requests carry; null before the first request.</summary>
    public string? Token => _handler.IsValueCreated ? _handler.Value.Token : null;

    /// <summary>From now on, requests carry this token.</summary>
    public void UseToken(string newer) => _handler.Value.Use(newer);

    public void Dispose()
    {
        try
        {
            if (_handler.IsValueCreated) Handler.Dispose();
        }
        catch (Exception)
        {
            // The user's handler may fail here; the connection has ended in any case.
        }
    }

    private static HttpMessageHandler HandlerOf(OrderFeedOptions options)
    {
        var handler = new SocketsHttpHandler
        {
            ConnectTimeout = options.ConnectTimeout,
            // Shorter than the 60 s after which common load balancers close an idle connection, so that no request uses one that is being
            // closed.
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
