using System.Text.Json;
using Realtime.Tests.Delivery;
using Realtime.Tests.Support;

namespace Realtime.Tests.Telemetry;

/// <summary>Logs as JSON, by the framework's own settings, as docs/settings.md shows them.</summary>
[CancelAfter(60_000)]
internal sealed class LogFormatTests
{
    private const string Trace = "4bf92f3577b34da6a3ce929d0e0e4736";

    [Test]
    public async Task Each_line_is_an_object_and_names_the_trace_of_its_request(CancellationToken cancel)
    {
        await using var server = await ServerProcess.StartAsync(new ServerSettings
        {
            Environment = "Production",
            Settings = new Dictionary<string, string> { ["Hub:Auth:SigningKey"] = Tokens.SigningKey },
            Variables = new Dictionary<string, string>
            {
                ["Logging__Console__FormatterName"] = "json",
                ["Logging__Console__FormatterOptions__IncludeScopes"] = "true",
            },
        }, cancel);
        using var request = TestServer.Request(HttpMethod.Post, "/api/admin/disconnect?user=alice", Tokens.For("boss", null, "admin"));
        request.Headers.Add("traceparent", $"00-{Trace}-00f067aa0ba902b7-01");
        using var answer = await server.Http.SendAsync(request, cancel);
        answer.EnsureSuccessStatusCode();
        await server.PrintedAsync("\"EventId\":2808", cancel);

        var lines = server.Output.Split('\n').Select(line => JsonSerializer.Deserialize<JsonElement>(line)).ToList();
        var written = lines.Single(line => line.GetProperty("EventId").GetInt32() == 2808);
        Assert.That(written.GetProperty("Category").GetString(), Does.EndWith(".UserRevocation"));
        Assert.That(
            written.GetProperty("Scopes").EnumerateArray().Where(scope => scope.TryGetProperty("TraceId", out _))
                .Select(scope => scope.GetProperty("TraceId").GetString()), Is.EqualTo((string[])[Trace]));
    }
}
