using Microsoft.Net.Http.Headers;
using Realtime.Server.Http;

namespace Realtime.Server.Dashboard;

/// <summary>Serves one file of the page.</summary>
internal sealed class AssetEndpoint(Asset asset)
{
    // A year, which caches treat as permanent.
    private const string ForEver = "public, max-age=31536000, immutable";
    private const string AskEveryTime = "no-cache";

    public Task HandleAsync(HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        var representation = asset.For(request);
        response.Headers.CacheControl = asset.IsFingerprinted ? ForEver : AskEveryTime;
        response.Headers.ETag = representation.ETag;
        response.Headers.Vary = HeaderNames.AcceptEncoding;
        PageHeaders.Write(response, PageHeaders.App);
        if (request.Headers.IfNoneMatch.ToString().Contains(representation.ETag, StringComparison.Ordinal))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }
        response.ContentType = asset.ContentType;
        response.ContentLength = representation.Bytes.Length;
        if (representation.Encoding is { } encoding) response.Headers.ContentEncoding = encoding;
        return HttpMethods.IsHead(request.Method)
            ? Task.CompletedTask
            : PacedWrites.SendAsync(context, representation.Bytes, context.RequestAborted);
    }
}
