using System.Text.Json;
using Realtime.Tests.Support;

namespace Realtime.Tests.Security;

/// <summary>Which tokens are valid: docs/PROTOCOL.md, Tokens.</summary>
internal sealed class TokenTests : ContractTests
{
    private const string Target = "/api/notifications/unread";

    private static readonly JsonSerializerOptions Plain = new() { MaxDepth = 512 };

    private static long In(double seconds) =>
        (long)Math.Floor((TimeProvider.System.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds + seconds);

    // Seconds. The cases are created when tests are discovered, which may be a whole run before they are executed.
    private const int Lifetime = 7_200;

    private static string Claims(string more = "", string sub = "\"alice\"") => $$"""{"sub":{{sub}},"exp":{{In(Lifetime)}}{{more}}}""";

    private static string Signed(string payload, string header = """{"alg":"HS256","typ":"JWT"}""") => Tokens.Mint(payload, header: header);

    private static string Groups(int count) => JsonSerializer.Serialize(Enumerable.Range(0, count).Select(n => $"g{n}"), Plain);

    private static IEnumerable<TestCaseData> BadTokens()
    {
        TestCaseData Case(string name, string token) => new TestCaseData(token).SetArgDisplayNames(name);
        var good = Signed(Claims());
        var parts = good.Split('.');
        yield return Case("garbage", "garbage");
        yield return Case("dots", "..");
        yield return Case("no signature", $"{parts[0]}.{parts[1]}.");
        yield return Case("two parts", $"{parts[0]}.{parts[1]}");
        yield return Case("four parts", good + ".x");
        yield return Case("another payload", $"{parts[0]}.{Tokens.Encode("{}"u8)}.{parts[2]}");
        yield return Case("another key", Tokens.Mint(Claims(), key: new string('x', 40)));
        yield return Case("alg none", $"{Tokens.Encode("{\"alg\":\"none\"}"u8)}.{parts[1]}.");
        yield return Case("alg None, signed", Signed(Claims(), """{"alg":"None","typ":"JWT"}"""));
        yield return Case("alg HS512", Signed(Claims(), """{"alg":"HS512","typ":"JWT"}"""));
        yield return Case("alg RS256", Signed(Claims(), """{"alg":"RS256","typ":"JWT"}"""));
        yield return Case("no alg", Signed(Claims(), """{"typ":"JWT"}"""));
        yield return Case("an unknown critical header", Signed(Claims(), """{"alg":"HS256","typ":"JWT","crit":["x"],"x":1}"""));
        yield return Case("a token of another purpose", Signed(Claims(), """{"alg":"HS256","typ":"logout+jwt"}"""));
        yield return Case("no exp", Signed("""{"sub":"alice"}"""));
        yield return Case("exp null", Signed("""{"sub":"alice","exp":null}"""));
        yield return Case("exp a text", Signed("""{"sub":"alice","exp":"soon"}"""));
        yield return Case("exp far beyond", Signed("""{"sub":"alice","exp":1e400}"""));
        yield return Case("exp of long ago", Signed("""{"sub":"alice","exp":-1}"""));
        yield return Case("expired by a second", Signed($$"""{"sub":"alice","exp":{{In(-1)}}}"""));
        yield return Case("expires now", Signed($$"""{"sub":"alice","exp":{{In(0)}}}"""));
        yield return Case("good in an hour", Signed(Claims($",\"nbf\":{In(3600)}")));
        yield return Case("no sub", Signed($$"""{"exp":{{In(Lifetime)}}}"""));
        yield return Case("sub null", Signed(Claims(sub: "null")));
        yield return Case("sub a number", Signed(Claims(sub: "1")));
        yield return Case("sub a list", Signed(Claims(sub: "[\"alice\"]")));
        yield return Case("sub empty", Signed(Claims(sub: "\"\"")));
        yield return Case("sub of 129", Signed(Claims(sub: $"\"{new string('u', 129)}\"")));
        yield return Case("sub with a line end", Signed(Claims(sub: "\"a\\nb\"")));
        yield return Case("sub with a lone surrogate", Signed(Claims(sub: "\"\\uD83D\"")));
        yield return Case("payload a list", Signed("[]"));
        yield return Case("payload a text", Signed("\"alice\""));
        yield return Case("payload empty", Signed(""));
        yield return Case("payload no JSON", Signed("{"));
        yield return Case("payload of 100 levels", Signed(Claims($",\"x\":{new string('[', 100)}{new string(']', 100)}")));
        yield return Case(
            "header of 100 levels", Signed(Claims(), $$"""{"alg":"HS256","x":{{new string('[', 100)}}{{new string(']', 100)}}}"""));
        yield return Case("20 KB of nothing", new string('x', 20_000));
    }

    [TestCaseSource(nameof(BadTokens))]
    public async Task A_bad_token_is_a_401_everywhere(string token, CancellationToken cancel)
    {
        var answer = await GetAsync(Target, token, cancel);
        answer.IsProblem(401);
        Assert.That(answer["WWW-Authenticate"], Does.StartWith("Bearer error=\"invalid_token\""));
        (await GetAsync("/api/notifications", token, cancel, "Accept: text/event-stream")).IsProblem(401);
        (await SendAsync("POST", "/hubs/orders/negotiate?negotiateVersion=1", token, "", cancel)).IsProblem(401);
    }

    private static IEnumerable<TestCaseData> GoodTokens()
    {
        TestCaseData Case(string name, string token) => new TestCaseData(token).SetArgDisplayNames(name);
        yield return Case("plain", Signed(Claims()));
        yield return Case("no typ", Signed(Claims(), """{"alg":"HS256"}"""));
        yield return Case("an access token", Signed(Claims(), """{"alg":"HS256","typ":"at+jwt"}"""));
        yield return Case("good in 20 seconds", Signed(Claims($",\"nbf\":{In(20)}")));
        yield return Case("an issuer and audience nobody asked for", Signed(Claims(""","iss":"x","aud":"y" """)));
        yield return Case("groups null", Signed(Claims(",\"groups\":null")));
        yield return Case("a hundred groups", Signed(Claims($",\"groups\":{Groups(100)}")));
        yield return Case("a name of 128 that looks like framing",
            Signed(Claims(sub: JsonSerializer.Serialize("é😀\"'\\</script>%0d%0a{}" + new string('u', 104), Plain))));
        yield return Case("exp with a fraction", Signed($$"""{"sub":"alice","exp":{{In(Lifetime)}}.5}"""));
    }

    [TestCaseSource(nameof(GoodTokens))]
    public async Task A_good_token_is_good(string token, CancellationToken cancel)
    {
        var answer = await GetAsync(Target, token, cancel);
        Assert.That(answer.Status, Is.EqualTo(200), answer.Text);
        Assert.That((await GetAsync("/api/notifications", token, cancel)).Status, Is.EqualTo(200));
    }

    private static IEnumerable<TestCaseData> RefusedTokens()
    {
        TestCaseData Case(string name, string groups) => new TestCaseData(Signed(Claims($",\"groups\":{groups}"))).SetArgDisplayNames(name);
        yield return Case("101 groups", Groups(101));
        yield return Case("a group of 129", $"[\"{new string('g', 129)}\"]");
        yield return Case("a group with a line end", "[\"a\\r\\nb\"]");
        yield return Case("a group that is a number", "[1]");
    }

    [TestCaseSource(nameof(RefusedTokens))]
    public async Task Too_many_groups_or_bad_ones_are_a_403_everywhere(string token, CancellationToken cancel)
    {
        (await GetAsync(Target, token, cancel)).IsProblem(403);
        (await GetAsync("/api/notifications", token, cancel, "Accept: text/event-stream")).IsProblem(403);
        (await SendAsync("PUT", "/api/notifications/acknowledged", token, "{}", cancel, Json)).IsProblem(403);
        (await SendAsync("POST", "/hubs/orders/negotiate?negotiateVersion=1", token, "", cancel)).IsProblem(403);
        (await SendAsync("POST", "/api/notifications", token, "{}", cancel, Json)).IsProblem(403);
    }

    [TestCase("\"publisher\"", 400)]
    [TestCase("[\"admin\",\"publisher\"]", 400)]
    [TestCase("[\"publisher\",1,null]", 400)]
    [TestCase("\"admin\"", 403)]
    [TestCase("\"Publisher\"", 403)]
    [TestCase("\"publisher admin\"", 403)]
    [TestCase("[]", 403)]
    [TestCase("null", 403)]
    [TestCase("{\"publisher\":true}", 403)]
    public async Task Only_the_role_may_publish(string role, int status, CancellationToken cancel) =>
        (await SendAsync("POST", "/api/notifications", Signed(Claims($",\"role\":{role}")), "{}", cancel, Json)).IsProblem(status);

    [Test]
    public async Task Two_authorization_headers_are_a_401(CancellationToken cancel)
    {
        var line = $"Authorization: Bearer {Tokens.For("alice")}";
        (await GetAsync(Target, null, cancel, line, line)).IsProblem(401);
        (await GetAsync(Target, null, cancel, line, "Authorization: Basic eDp5")).IsProblem(401);
        (await GetAsync("/hubs/orders", null, cancel, line, line)).IsProblem(401);
    }

    [TestCase("Basic eDp5")]
    [TestCase("Bearer")]
    [TestCase("Bearer ")]
    [TestCase("")]
    public async Task What_is_no_bearer_token_is_a_401(string header, CancellationToken cancel) =>
        (await GetAsync(Target, null, cancel, $"Authorization: {header}")).IsProblem(401);

    [Test]
    public async Task The_longest_token_fits_where_browsers_put_it(CancellationToken cancel)
    {
        var groups = Enumerable.Range(0, 100).Select(n => $"{n}{new string('é', 128 - $"{n}".Length)}").ToArray();
        var token = Signed($$"""{"sub":"alice","exp":{{In(Lifetime)}},"groups":["{{string.Join("\",\"", groups)}}"]}""");
        Assert.That(token, Has.Length.GreaterThan(32_000));
        var answer = await GetAsync("/api/notifications?limit=1", token, cancel);
        Assert.That(answer.Status, Is.EqualTo(200), answer.Text);
        var cursor = answer.Json.GetProperty("cursor").GetString();
        Assert.That((await GetAsync($"/api/notifications?after={cursor}&access_token={token}", null, cancel)).Status, Is.EqualTo(200));
        Assert.That((await SendAsync("POST", $"/hubs/orders/negotiate?negotiateVersion=1&access_token={token}", null, "", cancel)).Status,
            Is.EqualTo(200));
    }

    [Test]
    public async Task A_token_that_was_good_is_bad_the_moment_it_expires(CancellationToken cancel)
    {
        var token = Signed($$"""{"sub":"alice","exp":{{In(3)}}}""");
        Assert.That((await GetAsync(Target, token, cancel)).Status, Is.EqualTo(200));
        await Eventually.True("it expires", async () => (await GetAsync(Target, token, cancel)).Status == 401, cancel);
    }
}
