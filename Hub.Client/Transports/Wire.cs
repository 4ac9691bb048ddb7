using System.Net;

namespace Realtime.Client.Transports;

/// <summary>What one connection sends its requests through. Its sockets end with it.</summary>
internal sealed class Wire : IDisposable
{
    private const string Anything = "*/*";

    private readonly RequestHeaders _headers;
    private readonly HttpClient _http;

    public Wire(TransportOptions options)
    {
        Tokens = new AccessTokens(options.AccessToken);
        _headers = new RequestHeaders(options.Headers);
        var handler = Handler(options);
        Upgrades = new HttpMessageInvoker(handler, disposeHandler: false);
        _http = new HttpClient(new AccessTokenHandler(Tokens, handler))
        {
            // Every call has its own limit; an event stream has none.
            Timeout = Timeout.InfiniteTimeSpan,
            // The answer to a negotiation is below 1 KB, whatever the server sends.
            MaxResponseContentBufferSize = 1024 * 1024,
        };
    }

    public AccessTokens Tokens { get; }

    /// <summary>For WebSockets: the same cookies, proxy and certificates, without the token's handler, which cannot ask twice here.</summary>
    public HttpMessageInvoker Upgrades { get; }

    public void Decorate(Action<string, string> addHeader) => _headers.ForEach(addHeader);

    /// <summary>Sends a request and returns when the headers of a good answer are there.</summary>
    /// <exception cref="HttpRequestException">No answer, or one that is not 2xx.</exception>
    public Task<HttpResponseMessage> GetAsync(Uri url, CancellationToken cancel, string accept = Anything) =>
        SendAsync(HttpMethod.Get, url, null, HttpCompletionOption.ResponseHeadersRead, accept, cancel);

    /// <summary>Polls. The handler repeats a bare GET whose connection breaks before an answer, but the broken one may have carried the answer's bytes.</summary>
    /// <inheritdoc cref="GetAsync"/>
    public Task<HttpResponseMessage> PollAsync(Uri url, CancellationToken cancel) =>
        // A request with a content, even an empty one, is never repeated.
        SendAsync(HttpMethod.Get, url, new ByteArrayContent([]), HttpCompletionOption.ResponseHeadersRead, Anything, cancel);

    /// <inheritdoc cref="GetAsync"/>
    public Task<HttpResponseMessage> PostAsync(Uri url, HttpContent content, CancellationToken cancel) =>
        SendAsync(HttpMethod.Post, url, content, HttpCompletionOption.ResponseHeadersRead, Anything, cancel);

    /// <inheritdoc cref="GetAsync"/>
    public Task<HttpResponseMessage> DeleteAsync(Uri url, CancellationToken cancel) =>
        SendAsync(HttpMethod.Delete, url, null, HttpCompletionOption.ResponseHeadersRead, Anything, cancel);

    /// <summary>Posts nothing with a token asked for just now, and returns the whole answer.</summary>
    /// <inheritdoc cref="GetAsync"/>
    public Task<HttpResponseMessage> NegotiateAsync(Uri url, CancellationToken cancel) =>
        SendAsync(HttpMethod.Post, url, null, HttpCompletionOption.ResponseContentRead, Anything, cancel, tokenIsFresh: true);

    /// <summary>Sends a request of the API and returns its answer, good or bad, when the headers are there.</summary>
    public Task<HttpResponseMessage> AskAsync(HttpRequestMessage request, CancellationToken cancel)
    {
        request.Version = HttpVersion.Version20;
        request.VersionPolicy = HttpVersionPolicy.RequestVersionOrLower;
        _headers.ForEach((name, value) => request.Headers.TryAddWithoutValidation(name, value));
        return _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
    }

    public void Dispose()
    {
        try
        {
            _http.Dispose();
            Upgrades.Dispose();
        }
        catch (Exception)
        {
            // A handler of the user's may fail here; the connection is over all the same.
        }
    }

    private async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, Uri url, HttpContent? content, HttpCompletionOption until, string accept, CancellationToken cancel,
        bool tokenIsFresh = false)
    {
        using var request = new HttpRequestMessage(method, url)
        {
            Content = content,
            // HTTP/2 where TLS can agree on it: polls, sends and streams then share one connection.
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        _headers.ForEach((name, value) => request.Headers.TryAddWithoutValidation(name, value));
        request.Headers.Remove("Accept");
        request.Headers.TryAddWithoutValidation("Accept", accept);
        request.Options.Set(AccessTokenHandler.TokenIsFresh, tokenIsFresh);

        var response = await _http.SendAsync(request, until, cancel).ConfigureAwait(false);
        if (response.IsSuccessStatusCode) return response;
        using (response) throw Refused(method, url, response.StatusCode);
    }

    /// <summary>What a bad answer is reported as. Without the query: it holds the connection's token.</summary>
    public static HttpRequestException Refused(HttpMethod method, Uri url, HttpStatusCode status, Exception? cause = null) =>
        new($"{method} {url.GetLeftPart(UriPartial.Path)} was answered with {(int)status} ({status}).", cause, status);

    private static HttpMessageHandler Handler(TransportOptions options)
    {
        var handler = new SocketsHttpHandler
        {
            // Cookies that the negotiation sets (affinity of a balancer, say) go with everything that follows.
            CookieContainer = new CookieContainer(),
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
            return configure(handler)
                ?? throw new InvalidOperationException($"{nameof(TransportOptions.ConfigureHandler)} returned null: return the handler to use.");
        }
        catch
        {
            handler.Dispose();
            throw;
        }
    }
}
