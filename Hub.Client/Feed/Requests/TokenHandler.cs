using System.Net;
using System.Net.Http.Headers;

namespace Realtime.Client.Feed.Requests;

/// <summary>
/// Adds the token to every request. If the server no longer accepts the token (401), the request is sent once more with a new one.
/// </summary>
internal sealed class TokenHandler(
    Func<CancellationToken, ValueTask<string?>> provider, HttpMessageHandler inner) : DelegatingHandler(inner)
{
    private readonly SemaphoreSlim _asking = new(1, 1);
    private string? _token;

    /// <summary>The token that requests carry; null before the first request.</summary>
    public string? Token => Volatile.Read(ref _token);

    /// <summary>The same, requested if there is none.</summary>
    public async Task<string?> TokenAsync(CancellationToken cancel) =>
        Token ?? await ReplaceAsync(null, cancel).ConfigureAwait(false);

    /// <summary>From now on, requests carry this token.</summary>
    public void Use(string token) => Volatile.Write(ref _token, token);

    /// <exception cref="TokenRevokedException">An operator has disconnected the user.</exception>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        // A server that redirects the negotiation supplies a separate token for the address that it names.
        if (request.Headers.Authorization is not null) return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);

        var known = Volatile.Read(ref _token);
        var token = known ?? await ReplaceAsync(null, cancellationToken).ConfigureAwait(false);
        SetToken(request, token);
        var response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        if (response.StatusCode != HttpStatusCode.Unauthorized) return response;
        var revoked = await ProblemResponses.RevocationAsync(request, response, cancellationToken).ConfigureAwait(false);
        if (known is null)
        {
            // This request has just got a new token, so another one would not help. The next request gets another.
            Interlocked.CompareExchange(ref _token, null, token);
            return OrThrow(response, revoked, isSecond: false);
        }

        response.Dispose();
        SetToken(request, await ReplaceAsync(known, cancellationToken).ConfigureAwait(false));
        // Safe to repeat: the server refused the request before reading it, and the content can be written more than once.
        response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        var again = await ProblemResponses.RevocationAsync(request, response, cancellationToken).ConfigureAwait(false);
        return OrThrow(response, again, isSecond: revoked is not null);
    }

    /// <summary>
    /// A new token in place of the refused one. If a poll and a send were refused together, the provider is called only once.
    /// </summary>
    private async Task<string?> ReplaceAsync(string? refused, CancellationToken cancel)
    {
        await _asking.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            if (_token == refused) Volatile.Write(ref _token, await provider(cancel).ConfigureAwait(false));
            return _token;
        }
        finally
        {
            _asking.Release();
        }
    }

    private static HttpResponseMessage OrThrow(HttpResponseMessage response, string? revoked, bool isSecond)
    {
        if (revoked is null) return response;
        response.Dispose();
        throw new TokenRevokedException(revoked, isSecond);
    }

    private static void SetToken(HttpRequestMessage request, string? token) =>
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
}
