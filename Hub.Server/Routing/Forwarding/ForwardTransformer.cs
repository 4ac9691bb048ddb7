using System.Collections.Frozen;
using System.Net;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using Realtime.Server.Node;
using Realtime.Server.Routing.Nodes;
using Realtime.Server.Routing.Polls;
using Yarp.ReverseProxy.Forwarder;

namespace Realtime.Server.Routing.Forwarding;

/// <summary>
/// Changes only what differs between nodes: a forwarded request gets the mark and the hub's own path, and hop-by-hop headers are removed.
/// Query, body and all other headers stay as the caller and the owner wrote them.
/// </summary>
internal sealed class ForwardTransformer(NodeDirectory directory, ForwardedStreams streams) : HttpTransformer
{
    // Hop-by-hop headers, and those that this node sets or has handled. The owner must not compress for this hop, Kestrel has already
    // answered an Expect, and this node adds the caller and the hub's path: a prefix that a proxy has stripped does not exist at the owner.
    private static readonly FrozenSet<string> NotForwarded = FrozenSet.ToFrozenSet(
        [
            HeaderNames.Connection, HeaderNames.TransferEncoding, HeaderNames.KeepAlive, HeaderNames.Upgrade, HeaderNames.TE,
            HeaderNames.Trailer, HeaderNames.AltSvc, "Proxy-Connection", "Proxy-Authenticate", "Proxy-Authentication-Info",
            "Proxy-Authorization", "Proxy-Features", "Proxy-Instruction", "Security-Scheme", "ALPN", "Close", HeaderNames.AcceptEncoding,
            HeaderNames.Expect,
            ForwardHeaders.Mark, ForwardHeaders.Poll, ForwardHeaders.For, ForwardHeaders.Proto, "X-Forwarded-Host", "X-Forwarded-Prefix",
        ],
        StringComparer.OrdinalIgnoreCase);

    /// <summary>Bytes at most of the response that a listener without HTTP/1.1 sends to every request.</summary>
    private const int MaxRefusalBytes = 1_024;

    private static readonly UriCreationOptions AsWritten = new() { DangerousDisablePathAndQueryCanonicalization = true };

    // YARP's own copying would be a second pass over the headers.
    public override ValueTask TransformRequestAsync(
        HttpContext context, HttpRequestMessage request, string destinationPrefix, CancellationToken cancel)
    {
        var from = context.Request;
        foreach (var (name, values) in from.Headers)
        {
            if (!NotForwarded.Contains(name) && !name.StartsWith(':')) Add(request, name, values);
        }
        foreach (var line in from.Headers.Connection)
            foreach (var name in Names(line)) Remove(request, name);

        if (HubTraces.OfForward() is { } span)
        {
            Remove(request, HeaderNames.TraceParent);
            request.Headers.TryAddWithoutValidation(HeaderNames.TraceParent, span);
        }

        request.RequestUri = new Uri(destinationPrefix + HubRequest.HubOf(context) + from.QueryString.Value, AsWritten);
        var owner = OwnerName.IsIn(destinationPrefix) ? OwnerName.OwnerIn(destinationPrefix) : null;
        if (!from.Host.HasValue)
            request.Headers.Host = owner is null ? request.RequestUri.Authority : directory.AddressOf(owner)?.Authority ?? owner;
        Sign(context, request, owner);
        return default;
    }

    public override async ValueTask<bool> TransformResponseAsync(HttpContext context, HttpResponseMessage? answer, CancellationToken cancel)
    {
        if (answer is null) return false;
        if (IsOfNoHub(answer))
            throw new HttpRequestException(HttpRequestError.InvalidResponse, await answer.Content.ReadAsStringAsync(cancel));
        await base.TransformResponseAsync(context, answer, cancel);
        if (answer.Headers.NonValidated.TryGetValues(HeaderNames.Connection, out var lines))
        {
            foreach (var line in lines)
                foreach (var name in Names(line)) context.Response.Headers.Remove(name);
        }
        // The client waits for an event stream's headers: YARP would send them only with the first event.
        if (streams.Track(context, answer)) await context.Response.StartAsync(cancel);
        return true;
    }

    /// <summary>Whether Kestrel itself refused HTTP/1.1, on a listener for HTTP/2 only: a hub's responses have a date.</summary>
    private static bool IsOfNoHub(HttpResponseMessage answer) => answer is
    {
        StatusCode: HttpStatusCode.BadRequest, Headers: { Date: null, ConnectionClose: true },
        Content.Headers.ContentLength: <= MaxRefusalBytes,
    };

    /// <param name="owner">Null for an owner that reads only the first form of marks.</param>
    private void Sign(HttpContext context, HttpRequestMessage request, string? owner)
    {
        var from = context.Request;
        var caller = context.Connection.RemoteIpAddress?.ToString() ?? "";
        var id = from.Query[IdInQuery.Name].ToString();
        var host = from.Host.HasValue ? from.Host.Value! : request.Headers.Host!;
        request.Headers.TryAddWithoutValidation(ForwardHeaders.For, caller);
        request.Headers.TryAddWithoutValidation(ForwardHeaders.Proto, from.Scheme);
        var poll = context.Features.Get<NamedPoll>()?.Text ?? "";
        if (poll.Length > 0) request.Headers.TryAddWithoutValidation(ForwardHeaders.Poll, poll);
        var mark = owner is null
            ? ForwardMark.Make(directory.Key!, from.Method, id, caller, from.Scheme, host, poll)
            : ForwardMark.Make(
                directory.Key!, owner, directory.Now, from.Method, HubRequest.HubOf(context)!, id, caller, from.Scheme, host, poll);
        request.Headers.TryAddWithoutValidation(ForwardHeaders.Mark, mark);
    }

    private static void Add(HttpRequestMessage request, string name, StringValues values)
    {
        // Over HTTP/2 a cookie may come in several fields. Over HTTP/1.1 they are one field, and the framework would join them with commas.
        if (values.Count > 1 && name.Equals(HeaderNames.Cookie, StringComparison.OrdinalIgnoreCase))
            values = string.Join("; ", values.ToArray());
        // A content header that comes without a body is dropped.
        if (values.Count == 1)
        {
            if (!request.Headers.TryAddWithoutValidation(name, values[0]))
                request.Content?.Headers.TryAddWithoutValidation(name, values[0]);
        }
        else if (!request.Headers.TryAddWithoutValidation(name, values.AsEnumerable()))
        {
            request.Content?.Headers.TryAddWithoutValidation(name, values.AsEnumerable());
        }
    }

    /// <summary>Header names in one line of a <c>Connection</c> header; almost always a single one.</summary>
    private static string[] Names(string? line) => line?.Split(',', StringSplitOptions.TrimEntries) ?? [];

    // The caller chose the name. The collections' own Remove throws if it is no valid header name, or names a content header.
    private static void Remove(HttpRequestMessage request, string name)
    {
        if (request.Headers.NonValidated.Contains(name)) request.Headers.Remove(name);
        else if (request.Content is { } content && content.Headers.NonValidated.Contains(name)) content.Headers.Remove(name);
    }
}
