namespace Realtime.Server.OpenApi;

/// <summary>
/// One operation of the HTTP API. The OpenAPI document is built from these; a test compares them with docs/PROTOCOL.md and the endpoints.
/// </summary>
/// <param name="Id">Names the operation in generated clients.</param>
/// <param name="Refusals">Statuses that are answered with a problem; <see cref="ApiStatuses"/> says what they mean.</param>
internal sealed record ApiOperation(
    string Id, string Method, string Path, ApiAccess Access, string Summary, ApiAnswer Success, int[] Refusals)
{
    public IReadOnlyList<ApiParameter> Parameters { get; init; } = [];

    /// <summary>Null if the operation takes no body.</summary>
    public ApiContent? Body { get; init; }

    /// <summary>True if the operation works without its body.</summary>
    public bool BodyIsOptional { get; init; }

    /// <summary>Details; Markdown.</summary>
    public string? Description { get; init; }
}

/// <summary>The credentials that an operation requires.</summary>
internal enum ApiAccess
{
    /// <summary>A bearer token with role <c>publisher</c>.</summary>
    Publisher,

    /// <summary>A bearer token or a session cookie.</summary>
    Reader,

    /// <summary>The same, or a token in the query, for clients that cannot set headers.</summary>
    StreamReader,

    /// <summary>A bearer token.</summary>
    Token,

    /// <summary>A session cookie, or nothing.</summary>
    Session,

    /// <summary>A bearer token with role <c>admin</c>.</summary>
    Admin,
}

/// <summary>A body: its media type, and a schema of <see cref="ApiSchemas"/>.</summary>
internal sealed record ApiContent(string MediaType, string Schema);

/// <summary>The response of an operation that succeeds.</summary>
internal sealed record ApiAnswer(int Status, string Description, params ApiContent[] Contents);

/// <param name="In"><c>query</c> or <c>header</c>.</param>
internal sealed record ApiParameter(string Name, string In, string Schema, string Description);
