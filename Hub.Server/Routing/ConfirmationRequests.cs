using System.Globalization;
using System.Net;

namespace Realtime.Server.Routing;

/// <summary>Makes the requests that carry confirmations to one owner.</summary>
internal sealed class ConfirmationRequests(string owner, Uri address, NodeDirectory directory, TimeProvider time)
{
    /// <param name="host">A <c>Host</c> that the owner is known to accept; empty: its own.</param>
    public HttpRequestMessage Create(HttpContent content, string host)
    {
        var at = time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var request = new HttpRequestMessage(
            HttpMethod.Post, new Uri(address, $"{PollConfirmations.Path}?{PollConfirmations.At}={at}"))
        {
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
            // A refusal comes before the content, which lasts.
            Headers = { ExpectContinue = true, TransferEncodingChunked = true },
        };
        if (host.Length > 0) request.Headers.TryAddWithoutValidation("Host", host);
        request.Headers.TryAddWithoutValidation(
            ForwardMark.Header, Signature.Of(directory.Key!, PollConfirmations.Marked(owner, at)));
        return request;
    }
}
