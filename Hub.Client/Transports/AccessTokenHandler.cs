using System.Net;
using System.Net.Http.Headers;

namespace Realtime.Client.Transports;

/// <summary>Puts the token on every request, and tries once more with a new one when the server no longer takes it.</summary>
internal sealed class AccessTokenHandler(AccessTokens tokens, HttpMessageHandler inner) : DelegatingHandler(inner)
{
    /// <summary>Marks a request whose token was asked for just now: a second one would be no better.</summary>
    public static readonly HttpRequestOptionsKey<bool> TokenIsFresh = new("Realtime.TokenIsFresh");

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var token = tokens.Last;
        SetToken(request, token);
        var response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        if (response.StatusCode != HttpStatusCode.Unauthorized || !tokens.CanRenew) return response;
        if (request.Options.TryGetValue(TokenIsFresh, out var fresh) && fresh) return response;

        response.Dispose();
        SetToken(request, await tokens.RenewAsync(token, cancellationToken).ConfigureAwait(false));
        // Sending again is safe: the server refused it unread, and the content can be written more than once.
        return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
    }

    private static void SetToken(HttpRequestMessage request, string? token)
    {
        // Without a token an Authorization among the user's own headers stays.
        if (!string.IsNullOrEmpty(token)) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }
}
