using Microsoft.AspNetCore.Http.Connections;

namespace Realtime.Client.Transports;

/// <summary>What the server said about the connection to be.</summary>
/// <param name="Url">Where the hub is: the address asked for, or where redirects led.</param>
/// <param name="ConnectionId">Its public name.</param>
/// <param name="ConnectUrl">Where its requests go. Holds the connection's token: never log it.</param>
internal sealed record Negotiated(Uri Url, string ConnectionId, Uri ConnectUrl, IReadOnlyList<AvailableTransport> Offers);

/// <summary>Asks a server for a connection, and goes where it points.</summary>
internal sealed class Negotiation(Wire wire, TransportOptions options)
{
    private const int MaxRedirects = 100;

    /// <exception cref="HttpRequestException">No answer, or one that is not 2xx.</exception>
    /// <exception cref="InvalidOperationException">The server answered with an error, or redirects without end.</exception>
    /// <exception cref="InvalidDataException">The answer is none.</exception>
    /// <exception cref="TimeoutException">No answer within <see cref="TransportOptions.ConnectTimeout"/>.</exception>
    public async Task<Negotiated> RunAsync(Uri url, CancellationToken cancel)
    {
        for (var redirects = 0; redirects <= MaxRedirects; redirects++)
        {
            var answer = await AskAsync(url, cancel).ConfigureAwait(false);
            if (!string.IsNullOrEmpty(answer.AccessToken)) wire.Tokens.ReplaceBy(answer.AccessToken);
            if (string.IsNullOrEmpty(answer.Url)) return Understand(url, answer);
            url = Target(answer.Url);
        }

        throw new InvalidOperationException("Negotiate redirection limit exceeded.");
    }

    private async Task<NegotiationResponse> AskAsync(Uri url, CancellationToken cancel)
    {
        // A fresh token for each, before the clock starts: it may need a human.
        await wire.Tokens.AskAsync(cancel).ConfigureAwait(false);
        var bytes = await Limits.WithinAsync(options.ConnectTimeout, options.TimeProvider, "The negotiation", async limit =>
        {
            using var response = await wire.NegotiateAsync(NegotiateUrl(url), limit).ConfigureAwait(false);
            return await response.Content.ReadAsByteArrayAsync(limit).ConfigureAwait(false);
        }, cancel).ConfigureAwait(false);

        var answer = NegotiateProtocol.ParseResponse(bytes);
        return string.IsNullOrEmpty(answer.Error) ? answer : throw new InvalidOperationException(answer.Error);
    }

    private static Negotiated Understand(Uri url, NegotiationResponse answer)
    {
        if (string.IsNullOrEmpty(answer.ConnectionId)) throw new InvalidDataException("Invalid negotiation response received: no connection id.");
        // Version 0 knows one name for both purposes.
        var token = answer.Version > 0 ? answer.ConnectionToken : answer.ConnectionId;
        if (string.IsNullOrEmpty(token)) throw new InvalidDataException("Invalid negotiation response received: no connection token.");
        var offers = answer.AvailableTransports is { } list ? list.ToArray() : [];
        return new(url, answer.ConnectionId, Urls.WithQuery(url, "id=" + token), offers);
    }

    private static Uri Target(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var target) && (target.Scheme == Uri.UriSchemeHttp || target.Scheme == Uri.UriSchemeHttps)
            ? target
            : throw new InvalidOperationException("The server redirected to an address that is not an absolute http or https one.");

    private static Uri NegotiateUrl(Uri url)
    {
        var negotiate = Urls.Below(url, "negotiate");
        return Urls.Has(url, "negotiateVersion") ? negotiate : Urls.WithQuery(negotiate, "negotiateVersion=1");
    }
}
