using Realtime.Tests.Support;

namespace Realtime.Tests.Security;

/// <summary>A server outside Development that checks issuer and audience.</summary>
[CancelAfter(60_000)]
internal sealed class ProductionTests
{
    private ServerProcess _server = null!;

    [OneTimeSetUp]
    public async Task StartServerAsync() => _server = await ServerProcess.StartAsync(new ServerSettings
    {
        Environment = "Production",
        Settings = new Dictionary<string, string>
        {
            ["Hub:Auth:SigningKey"] = Tokens.SigningKey,
            ["Hub:Auth:Issuer"] = "https://issuer.example",
            ["Hub:Auth:Audience"] = "orders",
        },
    });

    [OneTimeTearDown]
    public async Task StopServerAsync() => await _server.DisposeAsync();

    [TestCase(""","iss":"https://issuer.example","aud":"orders" """, 200)]
    [TestCase(""","iss":"https://issuer.example","aud":["other","orders"] """, 200)]
    [TestCase(""","iss":"https://issuer.example","aud":"other" """, 401)]
    [TestCase(""","iss":"https://issuer.example","aud":[] """, 401)]
    [TestCase(""","iss":"https://issuer.example" """, 401)]
    [TestCase(""","aud":"orders" """, 401)]
    [TestCase(""","iss":"https://issuer.example/","aud":"orders" """, 401)]
    public async Task Issuer_and_audience_are_checked_where_they_are_configured(string claims, int status, CancellationToken cancel)
    {
        var token = Tokens.Mint($$"""{"sub":"alice","exp":{{TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + 600}}{{claims}}}""");
        var answer = await RawHttp.SendAsync(_server.Address, "GET", "/api/notifications/unread", token, null, cancel);
        Assert.That(answer.Status, Is.EqualTo(status), answer.Text);
    }

    [Test]
    public async Task There_are_no_tokens_for_developers(CancellationToken cancel)
    {
        foreach (var method in (string[])["POST", "GET", "OPTIONS"])
            (await RawHttp.SendAsync(_server.Address, method, "/dev/token", null, "{\"user\":\"a\"}"u8.ToArray(), cancel,
                "Content-Type: application/json")).IsProblem(404);
    }
}
