using System.Globalization;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Realtime.Server.Http;
using Realtime.Server.Security.Sessions;
using Realtime.Server.Security.Tokens;

namespace Realtime.Server.OpenApi;

/// <summary>
/// Fills the OpenAPI document from <see cref="ApiOperations"/>, because the endpoints are plain request delegates without metadata.
/// </summary>
internal sealed class ApiDocument : IOpenApiDocumentTransformer
{
    private const string Bearer = "bearer", InQuery = "accessToken", InCookie = "session";

    public Task TransformAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        document.Info = new()
        {
            Title = "Realtime hub",
            Version = "1",
            Description = "Order notifications, delivered once and in order. docs/PROTOCOL.md has the rest, SignalR included.",
        };
        // Relative to the document's own address, so that it is correct under any host name and path base.
        document.Servers = [new OpenApiServer { Url = ".." }];
        document.Components = new() { Schemas = new ApiSchemas(document).All(), SecuritySchemes = Schemes() };
        document.Tags = ApiOperations.All.Select(it => it.Tag).Distinct().Select(tag => new OpenApiTag { Name = tag }).ToHashSet();
        document.Paths = [];
        foreach (var (tag, operation) in ApiOperations.All)
        {
            if (!document.Paths.TryGetValue(operation.Path, out var path)) document.Paths.Add(operation.Path, path = new OpenApiPathItem());
            ((OpenApiPathItem)path).AddOperation(HttpMethod.Parse(operation.Method), Describe(document, tag, operation));
        }
        return Task.CompletedTask;
    }

    private static OpenApiOperation Describe(OpenApiDocument document, string tag, ApiOperation operation) => new()
    {
        OperationId = operation.Id,
        Tags = new HashSet<OpenApiTagReference> { new(tag, document) },
        Summary = operation.Summary,
        Description = operation.Description,
        Parameters = [.. operation.Parameters.Select(parameter => Describe(document, parameter))],
        RequestBody = operation.Body is { } body
            ? new OpenApiRequestBody { Required = !operation.BodyIsOptional, Content = Contents(document, [body]) }
            : null,
        Responses = Answers(document, operation),
        Security = [.. Credentials(operation.Access).Select(scheme => Requirement(document, scheme))],
    };

    private static OpenApiParameter Describe(OpenApiDocument document, ApiParameter parameter) => new()
    {
        Name = parameter.Name,
        In = parameter.In == "query" ? ParameterLocation.Query : ParameterLocation.Header,
        Description = parameter.Description,
        Schema = new OpenApiSchemaReference(parameter.Schema, document),
    };

    private static OpenApiResponses Answers(OpenApiDocument document, ApiOperation operation)
    {
        var success = operation.Success;
        var answers = new OpenApiResponses
        {
            [Text(success.Status)] = new OpenApiResponse
            {
                Description = success.Description,
                Content = Contents(document, success.Contents),
            },
        };
        foreach (var status in operation.Refusals)
        {
            answers.Add(Text(status), new OpenApiResponse
            {
                Description = ApiStatuses.Meanings[status],
                Content = Contents(document, [new(Problems.ContentType, ApiSchemas.Problem)]),
                Headers = ApiStatuses.WithRetryAfter.Contains(status) ? RetryAfter() : null,
            });
        }
        return answers;
    }

    private static Dictionary<string, IOpenApiHeader> RetryAfter() => new()
    {
        ["Retry-After"] = new OpenApiHeader { Description = "Seconds.", Schema = new OpenApiSchema { Type = JsonSchemaType.Integer } },
    };

    private static Dictionary<string, OpenApiMediaType> Contents(OpenApiDocument document, IEnumerable<ApiContent> contents) =>
        contents.ToDictionary(content => content.MediaType, content =>
            new OpenApiMediaType { Schema = new OpenApiSchemaReference(content.Schema, document) });

    /// <summary>Any one of these; null if none is required.</summary>
    private static string?[] Credentials(ApiAccess access) => access switch
    {
        ApiAccess.Publisher or ApiAccess.Token or ApiAccess.Admin => [Bearer],
        ApiAccess.Reader => [Bearer, InCookie],
        ApiAccess.StreamReader => [Bearer, InCookie, InQuery],
        ApiAccess.Session => [InCookie, null],
        _ => throw new ArgumentOutOfRangeException(nameof(access), access, null),
    };

    private static OpenApiSecurityRequirement Requirement(OpenApiDocument document, string? scheme)
    {
        var requirement = new OpenApiSecurityRequirement();
        if (scheme is not null) requirement.Add(new OpenApiSecuritySchemeReference(scheme, document), []);
        return requirement;
    }

    private static Dictionary<string, IOpenApiSecurityScheme> Schemes() => new()
    {
        [Bearer] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", BearerFormat = "JWT" },
        [InQuery] = new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.ApiKey,
            In = ParameterLocation.Query,
            Name = AccessTokenInQuery.Parameter
        },
        [InCookie] = new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.ApiKey,
            In = ParameterLocation.Cookie,
            Name = SessionCookie.Name
        },
    };

    private static string Text(int status) => status.ToString(CultureInfo.InvariantCulture);
}
