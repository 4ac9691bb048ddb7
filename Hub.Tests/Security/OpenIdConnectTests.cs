using Realtime.Tests.Support;

namespace Realtime.Tests.Security;

/// <summary>Tokens of an identity provider, which may be away.</summary>
[CancelAfter(90_000)]
internal sealed class OpenIdConnectTests
{
    private const string Target = "/api/notifications/unread";

    [Test]
    public async Task Tokens_are_checked_with_the_providers_keys_and_nothing_else(CancellationToken cancel)
    {
        var port = FreePort.Next();
        await using var server = await ServerProcess.StartAsync(new ServerSettings
        {
            Settings = new Dictionary<string, string> { ["Hub:Auth:Authority"] = $"http://127.0.0.1:{port}", ["Hub:Auth:Audience"] = "orders" },
        }, cancel);
        Task<RawAnswer> AskAsync(string token) => RawHttp.SendAsync(server.Address, "GET", Target, token, null, cancel);

        // Nobody can be told apart while the provider is away: that is not the caller's fault.
        (await AskAsync(Tokens.For("alice"))).IsProblem(503);

        await using var provider = await IdentityProvider.StartAsync(port, cancel);
        await Eventually.True("the provider is found", async () => (await AskAsync(provider.Mint("alice"))).Status == 200, TimeSpan.FromSeconds(60), cancel);
        (await AskAsync(provider.Mint("alice", audience: "other"))).IsProblem(401);
        (await AskAsync(provider.Mint("alice", issuer: "http://127.0.0.1:1"))).IsProblem(401);
        (await AskAsync(Tokens.For("alice"))).IsProblem(401, "no shared key is known here");
        var claims = new { sub = "alice", iss = provider.Address, aud = "orders", exp = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + 600 };
        (await AskAsync(Tokens.Mint(claims, provider.PublicKey, """{"alg":"HS256","kid":"key-1"}"""))).IsProblem(401, "a key that verifies is none that signs");
        (await AskAsync(Tokens.Mint(claims, header: """{"alg":"none"}"""))).IsProblem(401);

        Assert.That((await RawHttp.SendAsync(server.Address, "POST", "/dev/token", null, [], cancel)).Status, Is.EqualTo(404), "whoever has a provider needs none");
    }
}
