using Realtime.Client.Feed.Requests.Stack;

namespace Realtime.Client.Feed.Requests;

/// <summary>The HTTP pipeline of one connection: the token, headers and limits, and the user's handler.</summary>
internal sealed class FeedHttp : IDisposable
{
    private readonly OrderFeedOptions _options;
    private readonly Func<CancellationToken, ValueTask<string?>> _provider;

    // Created by the first request, so that an exception in the user's handler counts as a failed attempt to connect.
    private readonly Lazy<TokenHandler> _handler;

    /// <param name="token">Called before the first request, and when the server refuses the last token (401).</param>
    public FeedHttp(OrderFeedOptions options, Func<CancellationToken, ValueTask<string?>> token)
    {
        (_options, _provider, Headers) = (options, token, new(options.Headers));
        _handler = new(Build);
    }

    public RequestHeaders Headers { get; }

    /// <summary>The handler below the user's; null before the first request.</summary>
    public HttpMessageHandler? Own { get; private set; }

    /// <summary>For the SignalR client, which wraps it in a client of its own.</summary>
    public HttpMessageHandler Handler => _handler.Value;

    /// <summary>For WebSockets and API requests. Returns when the headers have arrived, whatever the status.</summary>
    public HttpMessageInvoker Invoker => new(Handler, disposeHandler: false);

    /// <summary>The token that requests carry; null before the first request.</summary>
    public string? Token => _handler.IsValueCreated ? _handler.Value.Token : null;

    /// <summary>The same, requested if need be.</summary>
    public Task<string?> TokenAsync(CancellationToken cancel) => _handler.Value.TokenAsync(cancel);

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

    private TokenHandler Build()
    {
        (Own, var outer) = HttpStack.HandlerOf(_options);
        return new TokenHandler(_provider, new RequestGuard(_options, Headers, outer));
    }
}
