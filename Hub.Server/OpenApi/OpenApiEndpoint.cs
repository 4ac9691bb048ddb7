using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Realtime.Server.Http;

namespace Realtime.Server.OpenApi;

/// <summary><c>GET /openapi/v1.json</c>, without a token. Built at the first request; the same on every node.</summary>
internal sealed class OpenApiEndpoint
{
    /// <summary>Its name among the host's documents, and in the path.</summary>
    public const string Document = "v1";

    // Not the framework's MapOpenApi: that builds the document for every request, and any client may send one.
    private readonly Lazy<Task<byte[]>> _document;

    public OpenApiEndpoint(IServiceProvider services) => _document = new(() => WriteAsync(services));

    public async Task HandleAsync(HttpContext context)
    {
        var document = await _document.Value;
        context.Response.ContentType = JsonBody.Json;
        context.Response.Headers.CacheControl = "no-cache";
        context.Response.ContentLength = document.Length;
        if (!HttpMethods.IsHead(context.Request.Method)) await PacedWrites.SendAsync(context, document, context.RequestAborted);
    }

    private static async Task<byte[]> WriteAsync(IServiceProvider services)
    {
        var provider = services.GetRequiredKeyedService<IOpenApiDocumentProvider>(Document);
        var document = await provider.GetOpenApiDocumentAsync(CancellationToken.None);
        using var json = new MemoryStream();
        await document.SerializeAsJsonAsync(json, OpenApiSpecVersion.OpenApi3_1, CancellationToken.None);
        return json.ToArray();
    }
}
