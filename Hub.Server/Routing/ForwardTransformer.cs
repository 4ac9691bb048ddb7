using Yarp.ReverseProxy.Forwarder;

namespace Realtime.Server.Routing;

/// <summary>
/// Changes what differs between nodes: a forwarded request gets the mark, and headers of one hop stay on it. Target, body and all other
/// headers stay as the caller and the owner wrote them.
/// </summary>
internal sealed class ForwardTransformer(NodeDirectory directory, ForwardedStreams streams) : HttpTransformer
{
    // YARP leaves out most headers of one hop. The owner must not compress for this hop, Kestrel has already answered an Expect, and this
    // node says itself who the caller is.
    private static readonly string[] NotForwarded =
    [
        "TE", "Trailer", "Accept-Encoding", "Expect",
        ForwardMark.Header, ForwardMark.For, ForwardMark.Proto, "X-Forwarded-Host", "X-Forwarded-Prefix",
    ];

    private static readonly UriCreationOptions AsWritten = new() { DangerousDisablePathAndQueryCanonicalization = true };

    public override async ValueTask TransformRequestAsync(
        HttpContext context, HttpRequestMessage request, string destinationPrefix, CancellationToken cancel)
    {
        await base.TransformRequestAsync(context, request, destinationPrefix, cancel);
        var from = context.Request;
        foreach (var name in NotForwarded) request.Headers.Remove(name);
        foreach (var line in from.Headers.Connection)
            foreach (var name in Names(line)) Remove(request, name);

        // YARP would escape the path in its own way.
        var path = from.PathBase.ToUriComponent() + from.Path.ToUriComponent() + from.QueryString.Value;
        request.RequestUri = new Uri(destinationPrefix + path, AsWritten);
        if (!from.Host.HasValue) request.Headers.Host = request.RequestUri.Authority;
        Sign(context, request);
    }

    public override async ValueTask<bool> TransformResponseAsync(HttpContext context, HttpResponseMessage? answer, CancellationToken cancel)
    {
        if (answer is null) return false;
        await base.TransformResponseAsync(context, answer, cancel);
        if (answer.Headers.NonValidated.TryGetValues("Connection", out var lines))
        {
            foreach (var line in lines)
                foreach (var name in Names(line)) context.Response.Headers.Remove(name);
        }
        // An event stream's headers are news in themselves: YARP sends them only with the first event.
        if (streams.Track(context, answer)) await context.Response.StartAsync(cancel);
        return true;
    }

    private void Sign(HttpContext context, HttpRequestMessage request)
    {
        var from = context.Request;
        var caller = context.Connection.RemoteIpAddress?.ToString() ?? "";
        var id = from.Query[IdInQuery.Name].ToString();
        var host = from.Host.HasValue ? from.Host.Value! : request.RequestUri!.Authority;
        request.Headers.TryAddWithoutValidation(ForwardMark.For, caller);
        request.Headers.TryAddWithoutValidation(ForwardMark.Proto, from.Scheme);
        var mark = ForwardMark.Make(directory.Key!, from.Method, id, caller, from.Scheme, host);
        request.Headers.TryAddWithoutValidation(ForwardMark.Header, mark);
    }

    /// <summary>Header names in one line of a <c>Connection</c> header; almost always a single one.</summary>
    private static string[] Names(string? line) => line?.Split(',', StringSplitOptions.TrimEntries) ?? [];

    // The caller chose the name: one that is no header, or is a content's, makes the collections' own Remove throw.
    private static void Remove(HttpRequestMessage request, string name)
    {
        if (request.Headers.NonValidated.Contains(name)) request.Headers.Remove(name);
        else if (request.Content is { } content && content.Headers.NonValidated.Contains(name)) content.Headers.Remove(name);
    }
}
