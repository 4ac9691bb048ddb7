using System.Text;

namespace Realtime.Tests.Support;

/// <summary>The one server that contract tests share. It starts with the first of them.</summary>
internal static class SharedServer
{
    /// <summary>A site that may use the hub.</summary>
    public const string FriendlyOrigin = "https://shop.example";

    private static readonly Lazy<Task<ServerProcess>> Started = new(() => ServerProcess.StartAsync(new ServerSettings
    {
        Settings = new Dictionary<string, string>
        {
            ["Hub:Auth:SigningKey"] = Tokens.SigningKey,
            ["Hub:Cors:Origins"] = FriendlyOrigin,
            ["Logging:LogLevel:Default"] = "Warning",
        },
    }));

    public static Task<ServerProcess> GetAsync() => Started.Value;

    public static ValueTask StopAsync() =>
        Started.IsValueCreated && Started.Value.IsCompletedSuccessfully ? Started.Value.Result.DisposeAsync() : default;
}

/// <summary>A contract test's steps: send a request, check the response, and check that the server is as healthy as before.</summary>
[CancelAfter(60_000)]
internal abstract class ContractTests
{
    protected const string Json = "Content-Type: application/json";
    protected const string Lines = "Content-Type: application/x-ndjson";

    private static int _names;

    protected ServerProcess Server { get; private set; } = null!;

    // What the log held before this test; another one has failed for it already.
    private int _knownErrors;

    [SetUp]
    public async Task UseServerAsync()
    {
        Server = await SharedServer.GetAsync();
        _knownErrors = Errors().Count();
    }

    [TearDown]
    public void The_server_is_alive_and_its_log_quiet()
    {
        Assert.That(Server.HasExited, Is.False);
        Assert.That(Errors().Skip(_knownErrors), Is.Empty);
    }

    /// <summary>What the server logged as errors: their category, number and first line.</summary>
    private IEnumerable<string> Errors()
    {
        var lines = Server.Output.Split('\n');
        return lines.Zip(lines.Skip(1).Append(""), (head, text) => head + text)
            .Where(line => line.StartsWith("fail:", StringComparison.Ordinal) || line.StartsWith("crit:", StringComparison.Ordinal));
    }

    /// <summary>A name that no other test uses.</summary>
    protected static string NewName(string prefix = "user") => $"{prefix}-{Interlocked.Increment(ref _names)}-{Guid.NewGuid():N}";

    protected Task<RawAnswer> SendAsync(
        string method, string target, string? token, string? body, CancellationToken cancel, params string[] headers) =>
        RawHttp.SendAsync(Server.Address, method, target, token, body is null ? null : Encoding.UTF8.GetBytes(body), cancel, headers);

    protected Task<RawAnswer> GetAsync(string target, string? token, CancellationToken cancel, params string[] headers) =>
        SendAsync("GET", target, token, null, cancel, headers);

    protected Task<RawAnswer> PublishAsync(string body, CancellationToken cancel, params string[] headers) =>
        SendAsync("POST", "/api/notifications", Tokens.Publisher(), body, cancel, [Json, .. headers]);

    protected Task<RawAnswer> PublishAsync(byte[] body, CancellationToken cancel, params string[] headers) =>
        RawHttp.SendAsync(Server.Address, "POST", "/api/notifications", Tokens.Publisher(), body, cancel, [Json, .. headers]);

    protected Task<RawAnswer> BatchAsync(string body, CancellationToken cancel, string publisher = "publisher") =>
        SendAsync("POST", "/api/notifications/batch", Tokens.Publisher(publisher), body, cancel, Lines);

    /// <summary>Everything stored for a user, as its items came over the wire.</summary>
    protected async Task<List<string>> StoredAsync(string user, CancellationToken cancel)
    {
        var answer = await GetAsync("/api/notifications?after=earliest&limit=500", Tokens.For(user), cancel);
        Assert.That(answer.Status, Is.EqualTo(200), answer.Text);
        return [.. answer.Json.GetProperty("items").EnumerateArray()
            .Where(item => item.GetProperty("topic").GetString() == "user:" + user).Select(item => item.GetRawText())];
    }
}
