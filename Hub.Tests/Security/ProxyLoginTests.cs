using Realtime.Tests.Support;

namespace Realtime.Tests.Security;

/// <summary>A proxy that asks for a login of its own: the browser then sends its <c>Authorization</c> header with every request.</summary>
internal sealed class ProxyLoginTests : ContractTests
{
    private const string Basic = "Authorization: Basic c3RhZ2luZzpzZWNyZXQ=";
    private const string OneNotification = "/api/notifications?limit=1";
    private const string Negotiation = "/hubs/orders/negotiate?negotiateVersion=1";

    [TestCase(Basic)]
    [TestCase("Authorization: basic c3RhZ2luZzpzZWNyZXQ=")]
    [TestCase("Authorization: Digest username=\"staging\", realm=\"x\", nonce=\"y\", uri=\"/\", response=\"z\"")]
    [TestCase("Authorization: Negotiate YIIB")]
    [TestCase("Authorization: BearerLike x")]
    [TestCase("Authorization:")]
    public async Task A_login_at_the_proxy_is_no_second_token(string login, CancellationToken cancel)
    {
        var token = Tokens.For(NewName());
        var cookie = await CookieAsync(token, cancel);
        Assert.That((await GetAsync($"{OneNotification}&access_token={token}", null, cancel, login)).Status, Is.EqualTo(200));
        Assert.That((await SendAsync("POST", $"{Negotiation}&access_token={token}", null, "", cancel, login)).Status, Is.EqualTo(200));
        Assert.That(await WebSocketUpgrade.AskAsync(Server.Address, $"/hubs/orders?access_token={token}", cancel, login), Is.EqualTo(101));
        Assert.That((await GetAsync(OneNotification, null, cancel, login, cookie)).Status, Is.EqualTo(200));
        Assert.That((await SendAsync("POST", Negotiation, null, "", cancel, login, cookie)).Status, Is.EqualTo(200));
        Assert.That(await WebSocketUpgrade.AskAsync(Server.Address, "/hubs/orders", cancel, login, cookie), Is.EqualTo(101));
        Assert.That((await SendAsync("DELETE", "/api/session", null, null, cancel, login, cookie)).Status, Is.EqualTo(204));
    }

    [Test]
    public async Task Two_headers_stay_two_whatever_their_schemes(CancellationToken cancel)
    {
        var token = Tokens.For(NewName());
        var cookie = await CookieAsync(token, cancel);
        string bearer = $"Authorization: Bearer {token}";
        foreach (var (first, second) in new[] { (Basic, Basic), (Basic, bearer), (bearer, Basic), (bearer, bearer) })
        {
            (await GetAsync(OneNotification, null, cancel, first, second)).IsProblem(401);
            (await GetAsync($"{OneNotification}&access_token={token}", null, cancel, first, second)).IsProblem(401);
            (await GetAsync(OneNotification, null, cancel, first, second, cookie)).IsProblem(401);
        }
        var twoInQuery = $"{OneNotification}&access_token={token}&access_token={token}";
        (await GetAsync(twoInQuery, null, cancel, Basic)).IsProblem(401);
    }

    [TestCase("Authorization: Bearer nonsense")]
    [TestCase("Authorization: Bearer")]
    [TestCase("Authorization: bearer\tnonsense")]
    public async Task A_bad_bearer_header_still_wins_over_a_good_token_elsewhere(string header, CancellationToken cancel)
    {
        var token = Tokens.For(NewName());
        var cookie = await CookieAsync(token, cancel);
        (await GetAsync($"{OneNotification}&access_token={token}", null, cancel, header)).IsProblem(401);
        (await GetAsync(OneNotification, null, cancel, header, cookie)).IsProblem(401);
    }

    [Test]
    public async Task A_login_at_the_proxy_alone_is_no_caller(CancellationToken cancel)
    {
        var answer = await GetAsync(OneNotification, null, cancel, Basic);
        answer.IsProblem(401);
        Assert.That(answer["WWW-Authenticate"], Is.EqualTo("Bearer"));
        var notHere = "/api/notifications/unread?access_token=" + Tokens.For("alice");
        (await GetAsync(notHere, null, cancel, Basic)).IsProblem(401);
    }

    private async Task<string> CookieAsync(string token, CancellationToken cancel) =>
        "Cookie: " + (await SendAsync("POST", "/api/session", token, "", cancel))["Set-Cookie"]!.Split(';')[0];
}
