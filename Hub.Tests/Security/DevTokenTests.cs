using System.Globalization;
using System.Text.Json;
using Realtime.Tests.Support;

namespace Realtime.Tests.Security;

/// <summary><c>POST /dev/token</c>.</summary>
internal sealed class DevTokenTests : ContractTests
{
    private Task<RawAnswer> AskAsync(string body, CancellationToken cancel) => SendAsync("POST", "/dev/token", null, body, cancel, Json);

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
        Assert.That(expiresAt - TimeProvider.System.GetUtcNow(), Is.GreaterThan(TimeSpan.FromSeconds(seconds - 30)).And.LessThanOrEqualTo(TimeSpan.FromSeconds(seconds + 1)));
    }

    [Test]
    public async Task The_token_reads_and_publishes_as_asked(CancellationToken cancel)
    {
        var (user, group) = (NewName("üser\"\\"), NewName("g"));
        var token = (await AskAsync(JsonSerializer.Serialize(new { user, groups = new[] { group }, roles = (string[])["publisher"] }), cancel)).Json.GetProperty("accessToken").GetString();
        var body = JsonSerializer.Serialize(new { to = new { users = new[] { user }, groups = new[] { group } }, type = "t", orderId = "o" });
        Assert.That((await SendAsync("POST", "/api/notifications", token, body, cancel, Json)).Status, Is.EqualTo(202));
        var items = (await GetAsync("/api/notifications?after=earliest", token, cancel)).Json.GetProperty("items").EnumerateArray();
        Assert.That(items.Select(item => item.GetProperty("topic").GetString()), Does.Contain($"user:{user}").And.Contain($"group:{group}"));
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
        (await AskAsync($$"""{"user":"a","groups":[{{string.Join(',', Enumerable.Range(0, 101).Select(n => $"\"{n}\""))}}]}""", cancel)).IsProblem(400);
        (await SendAsync("POST", "/dev/token", null, "{}", cancel, "Content-Type: text/plain")).IsProblem(415);
        (await AskAsync(new string(' ', 65_537), cancel)).IsProblem(413);
        (await GetAsync("/dev/token", null, cancel)).IsProblem(405);
    }
}
