using System.Globalization;
using System.Text.Json;
using Realtime.Tests.Support;

namespace Realtime.Tests.Security;

/// <summary><c>POST /dev/token</c>.</summary>
internal sealed class DevTokenTests : ContractTests
{
    private Task<RawAnswer> AskAsync(string body, CancellationToken cancel, params string[] headers) =>
        SendAsync("POST", "/dev/token", null, body, cancel, [Json, .. headers]);

    [TestCase("""{"user":"alice"}""", 3_600)]
    [TestCase("""{"user":"alice","groups":["west"],"roles":["publisher","admin"],"expiresInSeconds":1}""", 1)]
    [TestCase("""{"user":"alice","expiresInSeconds":86400,"groups":[],"roles":[]}""", 86_400)]
    [TestCase("""{"user":"alice","expiresInSeconds":null,"groups":null,"roles":null}""", 3_600)]
    public async Task It_signs_what_is_asked_for(string body, int seconds, CancellationToken cancel)
    {
        var answer = await AskAsync(body, cancel);
        Assert.That(answer.Status, Is.EqualTo(200), answer.Text);
        Assert.That(answer.Json.EnumerateObject().Select(member => member.Name), Is.EqualTo(["accessToken", "expiresAt"]));
        var expiresAt = DateTimeOffset.Parse(answer.Json.GetProperty("expiresAt").GetString()!, CultureInfo.InvariantCulture);
        Assert.That(expiresAt - TimeProvider.System.GetUtcNow(),
            Is.GreaterThan(TimeSpan.FromSeconds(seconds - 30)).And.LessThanOrEqualTo(TimeSpan.FromSeconds(seconds + 1)));
    }

    [Test]
    public async Task The_token_reads_and_publishes_as_asked(CancellationToken cancel)
    {
        var (user, group) = (NewName("üser\"\\"), NewName("g"));
        var token =
            (await AskAsync(JsonSerializer.Serialize(new { user, groups = new[] { group }, roles = (string[])["publisher"] }),
                cancel)).Json.GetProperty("accessToken").GetString();
        var body = JsonSerializer.Serialize(
            new { to = new { users = new[] { user }, groups = new[] { group } }, type = "t", orderId = "o" });
        Assert.That((await SendAsync("POST", "/api/notifications", token, body, cancel, Json)).Status, Is.EqualTo(202));
        var items = (await GetAsync("/api/notifications?after=earliest", token, cancel)).Json.GetProperty("items").EnumerateArray();
        Assert.That(
            items.Select(item => item.GetProperty("topic").GetString()), Does.Contain($"user:{user}").And.Contain($"group:{group}"));
    }

    [TestCase("localhost:5080", 200)]
    [TestCase("LOCALHOST", 200)]
    [TestCase("shop.localhost", 200)]
    [TestCase("127.0.0.1:5080", 200)]
    [TestCase("192.168.1.7", 200)]
    [TestCase("[::1]:5080", 200)]
    [TestCase("hub1:8080", 200)]
    [TestCase("evil.example:5080", 403)]
    [TestCase("localhost.evil.example", 403)]
    [TestCase("127.0.0.1.evil.example", 403)]
    public async Task It_knows_the_names_of_a_developers_machine(string host, int status, CancellationToken cancel)
    {
        var answer = await AskAsync("""{"user":"alice"}""", cancel, $"Host: {host}");
        if (status == 403) answer.IsProblem(403);
        else Assert.That(answer.Status, Is.EqualTo(status), answer.Text);
    }

    [TestCase("Origin: http://evil.example")]
    [TestCase("Origin: null")]
    [TestCase("Sec-Fetch-Site: cross-site")]
    public async Task It_gives_nothing_to_a_page_of_another_site(string header, CancellationToken cancel) =>
        (await AskAsync("""{"user":"alice"}""", cancel, header)).IsProblem(403);

    [Test]
    public async Task A_page_that_claims_to_be_a_proxy_is_still_under_its_own_name(CancellationToken cancel)
    {
        // Scripts may set these headers, and the browser is on this machine.
        string[] headers = ["Host: evil.example", "X-Forwarded-Host: localhost", "X-Forwarded-For: 127.0.0.1", "Origin: http://localhost"];
        (await AskAsync("""{"user":"alice"}""", cancel, headers)).IsProblem(403);
        (await AskAsync("""{"user":"alice"}""", cancel, [.. headers, "X-Original-Host: localhost"])).IsProblem(403);
    }

    [TestCase("", "body")]
    [TestCase("[]", "body")]
    [TestCase("""{"user":"a","user":"b"}""", "body")]
    [TestCase("""{"user":"\uD83D"}""", "body")]
    [TestCase("{}", "user")]
    [TestCase("""{"user":""}""", "user")]
    [TestCase("""{"user":null}""", "user")]
    [TestCase("""{"user":7}""", "user")]
    [TestCase("""{"user":"a\nb"}""", "user")]
    [TestCase("""{"User":"a"}""", "user")]
    [TestCase("""{"user":"a","colour":"red"}""", "colour")]
    [TestCase("""{"user":"a","groups":"west"}""", "groups")]
    [TestCase("""{"user":"a","groups":[""]}""", "groups")]
    [TestCase("""{"user":"a","groups":[1]}""", "groups")]
    [TestCase("""{"user":"a","roles":["boss"]}""", "roles")]
    [TestCase("""{"user":"a","expiresInSeconds":0}""", "expiresInSeconds")]
    [TestCase("""{"user":"a","expiresInSeconds":86401}""", "expiresInSeconds")]
    [TestCase("""{"user":"a","expiresInSeconds":1.5}""", "expiresInSeconds")]
    [TestCase("""{"user":"a","expiresInSeconds":"60"}""", "expiresInSeconds")]
    public async Task A_bad_request_is_a_400_that_names_the_field(string body, string field, CancellationToken cancel)
    {
        var answer = await AskAsync(body, cancel);
        answer.IsProblem(400);
        Assert.That(answer.Json.GetProperty("errors").EnumerateObject().Select(error => error.Name), Does.Contain(field), answer.Text);
    }

    [Test]
    public async Task Too_many_groups_the_wrong_type_too_large_and_other_methods_are_refused(CancellationToken cancel)
    {
        (await AskAsync(
            $$"""{"user":"a","groups":[{{string.Join(',', Enumerable.Range(0, 101).Select(n => $"\"{n}\""))}}]}""", cancel)).IsProblem(400);
        (await SendAsync("POST", "/dev/token", null, "{}", cancel, "Content-Type: text/plain")).IsProblem(415);
        (await AskAsync(new string(' ', 65_537), cancel)).IsProblem(413);
        (await GetAsync("/dev/token", null, cancel)).IsProblem(405);
    }
}
