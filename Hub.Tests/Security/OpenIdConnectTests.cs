using Realtime.Tests.Delivery;
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
        await using var provider = await IdentityProvider.StartAsync(FreePort.Next(), cancel);
        await using var server = await StartServerAsync(provider.Address, cancel);
        Task<RawAnswer> AskAsync(string token) => RawHttp.SendAsync(server.Address, "GET", Target, token, null, cancel);

        Assert.That((await AskAsync(provider.Mint("alice"))).Status, Is.EqualTo(200));
        (await AskAsync(provider.Mint("alice", audience: "other"))).IsProblem(401);
        (await AskAsync(provider.Mint("alice", issuer: "http://127.0.0.1:1"))).IsProblem(401);
        (await AskAsync(Tokens.For("alice"))).IsProblem(401, "no shared key is known here");
        var claims = new
        {
            sub = "alice",
            iss = provider.Address,
            aud = "orders",
            exp = TimeProvider.System.GetUtcNow()
            .ToUnixTimeSeconds() + 600
        };
        (await AskAsync(Tokens.Mint(claims, provider.PublicKey, """{"alg":"HS256","kid":"key-1"}"""))).IsProblem(
            401, "a key that verifies is none that signs");
        (await AskAsync(Tokens.Mint(claims, header: """{"alg":"none"}"""))).IsProblem(401);

        Assert.That((await RawHttp.SendAsync(server.Address, "POST", "/dev/token", null, [], cancel)).Status, Is.EqualTo(404),
            "whoever has a provider needs none");
    }
    [Test]
    public async Task While_the_provider_is_away_no_caller_is_told_that_a_token_is_bad(CancellationToken cancel)
    {
        await using var server = await StartServerAsync($"http://127.0.0.1:{FreePort.Next()}", cancel);
        await using var provider = await IdentityProvider.StartAsync(FreePort.Next(), cancel);
        var token = provider.Mint("alice");
        string[] json = ["Content-Type: application/json"];
        foreach (var (method, target) in new[]
        {
            ("GET", "/api/notifications"), ("GET", Target), ("PUT", "/api/notifications/acknowledged"), ("POST", "/api/notifications"),
            ("POST", "/hubs/orders/negotiate?negotiateVersion=1"), ("GET", "/hubs/orders?id=x"), ("POST", "/hubs/orders?id=x"),
            ("POST", "/api/session"), ("GET", "/api/admin/stats"),
        })
        {
            var answer = await RawHttp.SendAsync(server.Address, method, target, token, method == "GET" ? null : [], cancel, json);
            answer.IsProblem(503, $"{method} {target}");
        }
        Assert.That(await WebSocketUpgrade.AskAsync(server.Address, $"/hubs/orders?access_token={token}", cancel), Is.EqualTo(503));
        await using (var stream = await EventStreamReceiver.ConnectAsync(server.Address, token, null, cancel))
        {
            Assert.That((await stream.NextAsync(cancel))!.Value.Describe(), Is.EqualTo("closing unavailable"));
            Assert.That(await stream.NextAsync(cancel), Is.Null);
        }
        var expired = provider.Mint("alice", expires: TimeProvider.System.GetUtcNow().AddSeconds(-1));
        var refused = await RawHttp.SendAsync(
            server.Address, "GET", "/api/notifications", expired, null, cancel, "Accept: text/event-stream");
        refused.IsProblem(401);
        await server.PrintedAsync(".ProviderKeys[2805]", cancel);
    }

    private static Task<ServerProcess> StartServerAsync(string authority, CancellationToken cancel)
    {
        var settings = new Dictionary<string, string> { ["Hub:Auth:Authority"] = authority, ["Hub:Auth:Audience"] = "orders" };
        return ServerProcess.StartAsync(new() { Settings = settings }, cancel);
    }
}
