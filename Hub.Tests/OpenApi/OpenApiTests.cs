using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.OpenApi;
using Realtime.Server.OpenApi;
using Realtime.Tests.Delivery;
using Realtime.Tests.Support;

namespace Realtime.Tests.OpenApi;

/// <summary>The document at <c>/openapi/v1.json</c> is valid, complete, and describes the responses of a real server.</summary>
[CancelAfter(120_000)]
internal sealed class OpenApiTests
{
    private const string Notifications = "/api/notifications";
    private const string Publish = """{"to":{"users":["ann"]},"type":"order.created","orderId":"1","data":{"total":1.10}}""";

    private ServerProcess _server = null!;
    private string _text = null!;
    private JsonElement _document;

    [OneTimeSetUp]
    public async Task ReadAsync()
    {
        _server = await TestServer.StartAsync();
        _text = await _server.Http.GetStringAsync(new Uri(OpenApiRegistration.Path, UriKind.Relative));
        _document = JsonDocument.Parse(_text).RootElement;
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await _server.DisposeAsync();

    [Test]
    public void It_is_valid()
    {
        var read = OpenApiDocument.Parse(_text, "json");
        Assert.That(read.Diagnostic!.Errors.Concat(read.Diagnostic.Warnings).Select(fault => $"{fault.Pointer}: {fault.Message}"),
            Is.Empty);
        Assert.That(read.Diagnostic.SpecificationVersion, Is.EqualTo(OpenApiSpecVersion.OpenApi3_1));
        // The reader does not always report a reference without a target as an error.
        Assert.That(References(_document)
            .Where(reference => !_document.GetProperty("components").GetProperty("schemas").TryGetProperty(reference, out _)), Is.Empty);
    }

    [Test]
    public void It_has_every_address_of_the_API_and_no_other()
    {
        var described = _document.GetProperty("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject().Select(operation => (operation.Name.ToUpperInvariant(), path.Name)));
        Assert.That(described, Is.EquivalentTo(MappedEndpoints.All.Where(it => it.Path.StartsWith("/api/", StringComparison.Ordinal))));
    }

    [Test]
    public void Its_operations_ask_for_what_the_endpoints_ask_for()
    {
        foreach (var (_, operation) in ApiOperations.All)
        {
            var described = _document.GetProperty("paths").GetProperty(operation.Path).GetProperty(operation.Method.ToLowerInvariant());
            Assert.That(described.GetProperty("security").GetArrayLength(), Is.Positive, operation.Id);
            Assert.That(operation.Refusals.Contains(401), Is.EqualTo(operation.Access != ApiAccess.Session), operation.Id);
        }
    }

    /// <summary>The document is also correct behind a proxy that adds a path.</summary>
    [TestCase("https://shop.example/openapi/v1.json", "https://shop.example/api/notifications")]
    [TestCase("https://shop.example/orders/openapi/v1.json", "https://shop.example/orders/api/notifications")]
    public void Its_server_is_where_the_document_comes_from(string at, string operation)
    {
        var server = new Uri(new Uri(at), _document.GetProperty("servers")[0].GetProperty("url").GetString()!);
        Assert.That(server.AbsoluteUri.TrimEnd('/') + Notifications, Is.EqualTo(operation));
    }

    [Test]
    public async Task It_can_be_asked_for_its_length(CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, OpenApiRegistration.Path);
        using var answer = await _server.Http.SendAsync(request, cancel);
        Assert.That(answer.Content.Headers.ContentLength, Is.EqualTo(System.Text.Encoding.UTF8.GetByteCount(_text)));
    }

    /// <summary>One request for each operation and each status that needs no fault, on one server, in this order.</summary>
    [Test]
    public async Task Its_schemas_fit_what_a_server_answers(CancellationToken cancel)
    {
        string publisher = Tokens.Publisher(), reader = Tokens.For("ann", ["west"]), admin = Tokens.For("root", null, "admin");
        await FitsAsync("POST", Notifications, publisher, 202, Publish, cancel);
        await FitsAsync("POST", Notifications, publisher, 400, """{"to":{},"type":"A","unknown":1}""", cancel);
        await FitsAsync("POST", Notifications, null, 401, Publish, cancel);
        await FitsAsync("POST", Notifications, reader, 403, Publish, cancel);
        await FitsAsync("POST", Notifications, publisher, 413, new string(' ', 65_537), cancel);
        await FitsAsync("POST", Notifications, publisher, 415, Publish, cancel, type: "text/plain");
        await FitsAsync("POST", Notifications, publisher, 202, Publish, cancel, key: "k");
        await FitsAsync("POST", Notifications, publisher, 422, Publish.Replace("\"1\"", "\"2\"", StringComparison.Ordinal), cancel,
            key: "k");
        await FitsAsync("POST", Notifications + "/batch", publisher, 200, $"{Publish}\n{{}}\n", cancel, type: "application/x-ndjson");
        var page = await FitsAsync("GET", Notifications, reader, 200, null, cancel);
        Assert.That(page.GetProperty("items").GetArrayLength(), Is.EqualTo(3));
        await FitsAsync("GET", Notifications, reader, 400, null, cancel, query: "?limit=0");
        var cursor = page.GetProperty("cursor").GetString();
        await FitsAsync("PUT", Notifications + "/acknowledged", reader, 200, $$"""{"cursor":"{{cursor}}"}""", cancel);
        await FitsAsync("PUT", Notifications + "/acknowledged", reader, 400, """{"cursor":"latest"}""", cancel);
        await FitsAsync("GET", Notifications + "/unread", reader, 200, null, cancel);
        await FitsAsync("POST", "/api/session", reader, 204, null, cancel);
        await FitsAsync("POST", "/api/session", null, 401, null, cancel);
        await FitsAsync("DELETE", "/api/session", null, 204, null, cancel);
        await FitsAsync("GET", "/api/admin/stats", admin, 200, null, cancel);
        await FitsAsync("GET", "/api/admin/stats", reader, 403, null, cancel);
        await FitsAsync("GET", "/api/presence", publisher, 200, null, cancel, query: "?user=ann");
        await FitsAsync("GET", "/api/presence", publisher, 400, null, cancel);
        await FitsAsync("GET", "/api/admin/user", admin, 200, null, cancel, query: "?user=ann");
        await FitsAsync("GET", "/api/admin/topic", admin, 200, null, cancel, query: "?topic=user:ann");
        await FitsAsync("POST", "/api/admin/erase", admin, 400, """{"user":"ann","confirm":"Ann"}""", cancel);
        await FitsAsync("POST", "/api/admin/erase", admin, 202, """{"user":"ann","confirm":"ann"}""", cancel);
    }

    [Test]
    public void Its_requests_are_closed_and_a_schema_refuses_what_the_server_refuses()
    {
        var schema = _document.GetProperty("components").GetProperty("schemas").GetProperty(ApiSchemas.Publish);
        Assert.That(Faults(schema, Publish), Is.Empty);
        Assert.That(Faults(schema, """{"to":{"users":[""]},"type":"A","unknown":1}"""), Has.Count.EqualTo(4));
    }

    private IReadOnlyList<string> Faults(JsonElement schema, string json) =>
        new JsonSchema(_document).Faults(schema, JsonDocument.Parse(json).RootElement);

    /// <summary>
    /// Sends a request whose response the document describes, and compares the two. Returns the last line of the response.
    /// </summary>
    private async Task<JsonElement> FitsAsync(
        string method, string path, string? token, int status, string? body, CancellationToken cancel, string type = "application/json",
            string? key = null, string query = "")
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path + query);
        if (token is not null) request.Headers.Authorization = new("Bearer", token);
        if (body is not null) request.Content = new StringContent(body, new MediaTypeHeaderValue(type));
        if (key is not null) request.Headers.Add("Idempotency-Key", key);
        using var answer = await _server.Http.SendAsync(request, cancel);
        var text = await answer.Content.ReadAsStringAsync(cancel);
        Assert.That((int)answer.StatusCode, Is.EqualTo(status), $"{method} {path}: {text}");
        var described = _document.GetProperty("paths").GetProperty(path).GetProperty(method.ToLowerInvariant()).GetProperty("responses")
            .GetProperty($"{status}");
        if (answer.StatusCode == HttpStatusCode.NoContent)
        {
            Assert.That(described.TryGetProperty("content", out _), Is.False);
            return default;
        }
        var schema = described.GetProperty("content").GetProperty(answer.Content.Headers.ContentType!.MediaType!).GetProperty("schema");
        JsonElement last = default;
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            last = JsonDocument.Parse(line).RootElement;
            Assert.That(new JsonSchema(_document).Faults(schema, last), Is.Empty, line);
        }
        return last;
    }

    private static IEnumerable<string> References(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject()
            .SelectMany(member => member.NameEquals("$ref") ? [member.Value.GetString()!.Split('/')[^1]] : References(member.Value)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(References),
        _ => [],
    };
}
