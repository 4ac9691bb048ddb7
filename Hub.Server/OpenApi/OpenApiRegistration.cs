namespace Realtime.Server.OpenApi;

/// <summary>The description of the HTTP API for programs; docs/PROTOCOL.md is the one for people.</summary>
internal static class OpenApiRegistration
{
    public const string Path = $"/openapi/{OpenApiEndpoint.Document}.json";

    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];

    public static IServiceCollection AddApiDocument(this IServiceCollection services) =>
        services.AddOpenApi(OpenApiEndpoint.Document, options =>
    {
        options.ShouldInclude = _ => false;   // the document is built from ApiOperations
        options.AddDocumentTransformer(new ApiDocument());
    });

    public static void MapApiDocument(this WebApplication app) =>
        app.MapMethods(Path, Methods, new OpenApiEndpoint(app.Services).HandleAsync);
}
