using System.Globalization;
using System.Net;
using Realtime.Server.Routing.Nodes;

namespace Realtime.Server.Routing.Polls;

/// <summary>Makes the requests that carry confirmations to one owner.</summary>
internal sealed class ConfirmationRequests(string owner, Uri address, NodeDirectory directory)
{
    /// <param name="host">A <c>Host</c> that the owner is known to accept; empty for the owner's own.</param>
    public HttpRequestMessage Create(HttpContent content, string host)
    {
        var at = directory.Now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var origin = directory.VersionOf(owner) < NodeVersions.ProvenConnections ? address : new Uri(OwnerName.OriginOf(owner));
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(origin, $"{ConfirmationFormat.Path}?{ConfirmationFormat.At}={at}"))
        {
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
            // A refusal must come before the content, which lasts for seconds.
            Headers = { ExpectContinue = true, TransferEncodingChunked = true },
        };
        request.Headers.TryAddWithoutValidation("Host", host.Length > 0 ? host : address.Authority);
        request.Headers.TryAddWithoutValidation(
            ForwardHeaders.Mark, Signature.Of(directory.Key!, ConfirmationFormat.Marked(owner, at)));
        return request;
    }
}
