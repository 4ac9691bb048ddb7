namespace Realtime.Compare.Contenders;

/// <summary>
/// The limit that all tabs of one browser share: six HTTP/1.1 connections to a host. WebSockets do not count, as in browsers.
/// </summary>
internal sealed class SixConnections : IDisposable
{
    private const int Most = 6;

    private readonly HttpMessageInvoker _requests = new(
        new SocketsHttpHandler { UseProxy = false, UseCookies = false, MaxConnectionsPerServer = Most });
    private readonly HttpMessageInvoker _upgrades = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false });

    /// <summary>The HTTP handler of one reader; disposing it leaves the connections to the others.</summary>
    public HttpMessageHandler Tab() => new SharedHandler(this);

    public void Dispose()
    {
        _requests.Dispose();
        _upgrades.Dispose();
    }

    private sealed class SharedHandler(SixConnections browser) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            (request.Headers.Upgrade.Count > 0 ? browser._upgrades : browser._requests).SendAsync(request, cancellationToken);
    }
}
