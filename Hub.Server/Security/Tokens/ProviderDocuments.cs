using Microsoft.IdentityModel.Protocols;

namespace Realtime.Server.Security.Tokens;

/// <summary>Reads the identity provider's documents with one request each. The library's own class retries some of them.</summary>
internal sealed class ProviderDocuments(IHostEnvironment environment) : IDocumentRetriever, IDisposable
{
    // Bytes. Discovery documents and key sets have a few thousand.
    private const int MaxBytes = 1024 * 1024;

    private static readonly TimeSpan ConnectionAge = TimeSpan.FromMinutes(5);

    // The caller's token sets the time-out: both documents share one limit. A new connection resolves the provider's name again.
    private readonly HttpClient _http = new(new SocketsHttpHandler { PooledConnectionLifetime = ConnectionAge })
    {
        Timeout = Timeout.InfiniteTimeSpan,
        MaxResponseContentBufferSize = MaxBytes,
    };

    public async Task<string> GetDocumentAsync(string address, CancellationToken cancel)
    {
        var uri = new Uri(address, UriKind.Absolute);
        if (uri.Scheme != Uri.UriSchemeHttps && !environment.IsDevelopment())
            throw new InvalidOperationException($"The identity provider names {address}, which is not an https address.");
        return await _http.GetStringAsync(uri, cancel);
    }

    public void Dispose() => _http.Dispose();
}
