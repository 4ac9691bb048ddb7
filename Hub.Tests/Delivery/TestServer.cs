using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Realtime.Tests.Support;

namespace Realtime.Tests.Delivery;

/// <summary>What delivery tests do with a real server: publish, read history, acknowledge.</summary>
internal static class TestServer
{
    public static Task<ServerProcess> StartAsync(
        IReadOnlyDictionary<string, string>? settings = null, CancellationToken cancel = default) =>
        StartAsync(new ServerSettings { Settings = settings ?? new Dictionary<string, string>() }, cancel);

    /// <summary>A server in production with the tests' signing key; the rest as given.</summary>
    public static Task<ServerProcess> StartAsync(ServerSettings settings, CancellationToken cancel) =>
        ServerProcess.StartAsync(settings with
        {
            Environment = "Production",
            Settings = new Dictionary<string, string>(settings.Settings)
            {
                ["Hub:Auth:SigningKey"] = Tokens.SigningKey,
                ["Logging:LogLevel:Default"] = "Warning",
            },
        }, cancel);

    /// <summary>A server in production that logs all it can, scopes included.</summary>
    public static Task<ServerProcess> StartLoggingEverythingAsync(CancellationToken cancel)
    {
        var settings = new Dictionary<string, string>
        {
            ["Hub:Auth:SigningKey"] = Tokens.SigningKey,
            ["Logging:Console:LogLevel:Microsoft.AspNetCore.Hosting.Diagnostics"] = "Trace",
            ["Logging:Console:FormatterOptions:IncludeScopes"] = "true",
        };
        foreach (var category in new[] { "Default", "Microsoft", "Microsoft.AspNetCore", "Microsoft.AspNetCore.Hosting.Diagnostics" })
            settings[$"Logging:LogLevel:{category}"] = "Trace";
        return ServerProcess.StartAsync(new ServerSettings { Environment = "Production", Settings = settings }, cancel);
    }

    /// <summary>Publishes to one user and returns the sequence.</summary>
    public static Task<long> PublishAsync(
        this ServerProcess server, string user, string orderId, CancellationToken cancel, string? key = null) =>
        server.PublishAsync(new { users = new[] { user } }, orderId, cancel, key);

    /// <summary>Publishes and returns the sequence in the first topic.</summary>
    public static async Task<long> PublishAsync(
        this ServerProcess server, object to, string orderId, CancellationToken cancel, string? key = null)
    {
        using var answer = await server.TryPublishAsync(to, orderId, cancel, key);
        Assert.That((int)answer.StatusCode, Is.EqualTo(202), await answer.Content.ReadAsStringAsync(cancel));
        var body = await answer.Content.ReadFromJsonAsync<JsonElement>(cancel);
        return body.GetProperty("accepted")[0].GetProperty("sequence").GetInt64();
    }

    public static async Task<HttpResponseMessage> TryPublishAsync(
        this ServerProcess server, object to, string orderId, CancellationToken cancel, string? key = null)
    {
        using var request = Request(HttpMethod.Post, "/api/notifications", Tokens.Publisher());
        request.Content = JsonContent.Create(new { to, type = "order.created", orderId, data = new { total = 1.5 } });
        if (key is not null) request.Headers.Add("Idempotency-Key", key);
        return await server.Http.SendAsync(request, cancel);
    }

    /// <summary>Publishes a body as it is and returns the status.</summary>
    public static async Task<int> PublishTextAsync(this ServerProcess server, string body, CancellationToken cancel)
    {
        using var request = Request(HttpMethod.Post, "/api/notifications", Tokens.Publisher());
        request.Content = new StringContent(body, new MediaTypeHeaderValue("application/json"));
        using var answer = await server.Http.SendAsync(request, cancel);
        return (int)answer.StatusCode;
    }

    public static async Task<JsonElement> HistoryAsync(this ServerProcess server, string token, string query, CancellationToken cancel)
    {
        using var request = Request(HttpMethod.Get, "/api/notifications" + query, token);
        using var answer = await server.Http.SendAsync(request, cancel);
        answer.EnsureSuccessStatusCode();
        return await answer.Content.ReadFromJsonAsync<JsonElement>(cancel);
    }

    /// <summary>Acknowledges and returns the status and what is unread.</summary>
    public static async Task<(int Status, long? Unread)> AcknowledgeAsync(
        this ServerProcess server, string token, string cursor, CancellationToken cancel)
    {
        using var request = Request(HttpMethod.Put, "/api/notifications/acknowledged", token);
        request.Content = JsonContent.Create(new { cursor });
        using var answer = await server.Http.SendAsync(request, cancel);
        var body = await answer.Content.ReadFromJsonAsync<JsonElement>(cancel);
        return ((int)answer.StatusCode, answer.IsSuccessStatusCode ? body.GetProperty("unread").GetInt64() : null);
    }

    public static HttpRequestMessage Request(HttpMethod method, string path, string token) =>
        new(method, new Uri(path, UriKind.Relative)) { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", token) } };
}
