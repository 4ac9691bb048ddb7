using System.Globalization;
using System.Text;
using Realtime.Tests.Support;

namespace Realtime.Tests.Publishing;

/// <summary>Every way in which <c>POST /api/notifications</c> refuses, and in which order.</summary>
internal sealed class PublishRefusalTests : ContractTests
{
    private const string Target = "/api/notifications";
    private const int BodyLimit = 65_536;

    private static readonly string Reader = Tokens.For("reader");

    private static string Body(string to = """{"users":["u"]}""", string rest = """ "type":"t","orderId":"o" """) =>
        $$"""{"to":{{to}},{{rest}}}""";

    private static string With(string members) => Body(rest: $"\"type\":\"t\",\"orderId\":\"o\",{members}");

    private static string Orders(string orderId) => Body(rest: $"\"type\":\"t\",\"orderId\":{orderId}");

    /// <summary>A good body of exactly so many bytes.</summary>
    private static string Sized(string user, int bytes)
    {
        var empty = $$"""{"to":{"users":["{{user}}"]},"type":"t","orderId":"o","data":""}""";
        return empty.Insert(empty.Length - 2, new string('x', bytes - empty.Length));
    }

    private static string Nested(int levels) => With($"\"data\":{Nesting.Data(levels)}");

    private static string Names(int count, string prefix) =>
        "[" + string.Join(',', Enumerable.Range(0, count).Select(n => $"\"{prefix}{n}\"")) + "]";

    private static IEnumerable<TestCaseData> BadBodies()
    {
        TestCaseData Case(string name, string body, string field) =>
            new TestCaseData(Encoding.UTF8.GetBytes(body), field).SetArgDisplayNames(name);

        yield return Case("nothing", "", "body");
        yield return Case("no JSON", "{", "body");
        yield return Case("null", "null", "body");
        yield return Case("a list", "[]", "body");
        yield return Case("two values", Body() + "{}", "body");
        yield return Case("a comma too many", """{"to":{"users":["u"]},"type":"t","orderId":"o",}""", "body");
        yield return Case("a comment", Body() + "// hello", "body");
        yield return Case("single quotes", Body().Replace('"', '\''), "body");
        yield return Case("a byte-order mark", "\uFEFF" + Body(), "body");
        yield return Case("an escaped lone high surrogate", Orders("\"\\uD83D\""), "body");
        yield return Case("an escaped lone low surrogate in data", With("\"data\":\"a\\uDE00\""), "body");
        yield return Case("a lone surrogate in a name of data", With("\"data\":{\"\\uDE00\":1}"), "body");
        yield return Case("nesting of 63", Nested(63), "body");
        yield return Case("nesting of 64", Nested(64), "body");
        yield return Case("nesting of 65", Nested(65), "body");
        yield return Case("nesting of 10,000", With($"\"data\":{new string('[', 10_000)}{new string(']', 10_000)}"), "body");
        yield return Case("no members", "{}", "to");
        yield return Case("to is missing", """{"type":"t","orderId":"o"}""", "to");
        yield return Case("to is null", Body("null"), "to");
        yield return Case("to is a text", Body("\"alice\""), "to");
        yield return Case("nobody", Body("{}"), "to");
        yield return Case("nobody at all", Body("""{"users":[],"groups":null,"everyone":false}"""), "to");
        yield return Case("an unknown member of to", Body("""{"users":["u"],"topics":["x"]}"""), "to.topics");
        yield return Case("a member of to in another case", Body("""{"Users":["u"]}"""), "to.Users");
        yield return Case("users twice", Body("""{"users":["u"],"users":["v"]}"""), "to.users");
        yield return Case("users null and again", Body("""{"users":null,"users":["v"]}"""), "to.users");
        yield return Case("everyone twice", Body("""{"everyone":true,"everyone":true}"""), "to.everyone");
        yield return Case("everyone as a text", Body("""{"everyone":"true"}"""), "to.everyone");
        yield return Case("everyone as a number", Body("""{"users":["u"],"everyone":1}"""), "to.everyone");
        yield return Case("users as a text", Body("""{"users":"u"}"""), "to.users");
        yield return Case("a user that is a number", Body("""{"users":[1]}"""), "to.users");
        yield return Case("a user that is null", Body("""{"users":["u",null]}"""), "to.users");
        yield return Case("a user without a name", Body("""{"users":[""]}"""), "to.users");
        yield return Case("a user of 129", Body($"{{\"users\":[\"{new string('u', 129)}\"]}}"), "to.users");
        yield return Case("a user with a line end", Body("""{"users":["a\r\nb"]}"""), "to.users");
        yield return Case("a group with NUL", Body("""{"groups":["a\u0000"]}"""), "to.groups");
        yield return Case("a group with C1", Body("""{"groups":["a\u0085"]}"""), "to.groups");
        yield return Case("1,001 users", Body($"{{\"users\":{Names(1001, "u")}}}"), "to.users");
        yield return Case("101 groups", Body($"{{\"groups\":{Names(101, "g")}}}"), "to.groups");
        yield return Case("type is missing", """{"to":{"everyone":true},"orderId":"o"}""", "type");
        yield return Case("type is empty", Body(rest: """ "type":"","orderId":"o" """), "type");
        yield return Case("type is null", Body(rest: """ "type":null,"orderId":"o" """), "type");
        yield return Case("type is a number", Body(rest: """ "type":1,"orderId":"o" """), "type");
        yield return Case("type in capitals", Body(rest: """ "type":"Order","orderId":"o" """), "type");
        yield return Case("type with a blank", Body(rest: """ "type":"a b","orderId":"o" """), "type");
        yield return Case("type of 65", Body(rest: $"\"type\":\"{new string('t', 65)}\",\"orderId\":\"o\""), "type");
        yield return Case("type twice", Body(rest: """ "type":"t","type":"t","orderId":"o" """), "type");
        yield return Case("orderId is missing", """{"to":{"everyone":true},"type":"t"}""", "orderId");
        yield return Case("orderId is empty", Orders("\"\""), "orderId");
        yield return Case("orderId is null", Orders("null"), "orderId");
        yield return Case("orderId is a number", Orders("12"), "orderId");
        yield return Case("orderId of 129", Orders($"\"{new string('o', 129)}\""), "orderId");
        yield return Case("orderId of 65 pairs", Orders($"\"{string.Concat(Enumerable.Repeat("😀", 65))}\""), "orderId");
        yield return Case("orderId with a tab", Orders("\"a\\tb\""), "orderId");
        yield return Case("orderId with DEL", Orders("\"a\u007Fb\""), "orderId");
        yield return Case("OrderId in another case", Body(rest: """ "type":"t","OrderId":"o" """), "OrderId");
        yield return Case("an unknown member", With("\"colour\":1"), "colour");
        yield return Case("__proto__", With("\"__proto__\":{}"), "__proto__");
        yield return Case("an idempotency key in the body", With("\"idempotencyKey\":\"k\""), "idempotencyKey");
        yield return Case("data twice", With("\"data\":1,\"data\":1"), "data");
        foreach (var time in (string[])["", "now", "2026-11-22", "2026-11-22T09:00:00", "2026-11-22T09:00Z", "2026-13-22T09:00:00Z",
            "2026-02-30T09:00:00Z",
            "2026-11-22T24:00:00Z", "2026-11-22T09:00:60Z", "2026-11-22T09:00:00+24:00", "2026-11-22T09:00:00.Z", "2026-11-22 09:00:00Z",
                "2026-11-22T09:00:00+0100"])
            yield return Case($"time {time}", With($"\"time\":\"{time}\""), "time");
        yield return Case("time as a number", With("\"time\":1764000000"), "time");
        yield return Case("time twice", With("\"time\":null,\"time\":null"), "time");
        yield return new TestCaseData((byte[])[.. Encoding.UTF8.GetBytes(With("\"data\":\"")), 0xFF, (byte)'"', (byte)'}'],
            "body").SetArgDisplayNames("broken UTF-8");
        yield return new TestCaseData((byte[])[.. Encoding.UTF8.GetBytes(With("\"data\":\"")), 0xED, 0xA0, 0x80, (byte)'"', (byte)'}'],
            "body").SetArgDisplayNames("a surrogate in UTF-8");
    }

    [TestCaseSource(nameof(BadBodies))]
    public async Task A_bad_body_is_a_400_that_names_the_field(byte[] body, string field, CancellationToken cancel)
    {
        var answer = await PublishAsync(body, cancel);
        answer.IsProblem(400);
        Assert.That(answer.Json.GetProperty("errors").EnumerateObject().Select(error => error.Name), Does.Contain(field), answer.Text);
    }

    [Test]
    public async Task A_body_that_is_nested_too_deeply_is_told_the_limit(CancellationToken cancel)
    {
        var answer = await PublishAsync(Nested(Nesting.Deepest + 1), cancel);
        answer.IsProblem(400);
        Assert.That(answer.Text, Does.Contain("nested deeper than 62 levels"));
    }

    [Test]
    public async Task A_body_cut_anywhere_is_a_400(CancellationToken cancel)
    {
        var user = NewName();
        var whole = Encoding.UTF8.GetBytes(
            $$$"""{"to":{"users":["{{{user}}}"]},"type":"t","orderId":"é😀","data":{"a":[1.10,"\u00e9"]}}""");
        for (var length = 0; length < whole.Length; length++)
            (await PublishAsync(whole[..length], cancel)).IsProblem(400, $"cut after {length}");
        Assert.That(await StoredAsync(user, cancel), Is.Empty);
    }

    [Test]
    public async Task The_first_refusal_is_who_then_what_then_how_much_then_why(CancellationToken cancel)
    {
        var (big, bad) = (new string('x', BodyLimit + 1), "{");
        (await SendAsync("POST", Target, null, big, cancel, "Content-Type: text/plain")).IsProblem(401);
        (await SendAsync("POST", Target, "nonsense", big, cancel, "Content-Type: text/plain")).IsProblem(401);
        (await SendAsync("POST", Target, Reader, big, cancel, "Content-Type: text/plain")).IsProblem(403);
        (await SendAsync("POST", Target, Tokens.Publisher(), big, cancel, "Content-Type: text/plain")).IsProblem(415);
        (await SendAsync("POST", Target, Tokens.Publisher(), big, cancel, Json, "Idempotency-Key:")).IsProblem(413);
        (await SendAsync("POST", Target, Tokens.Publisher(), bad, cancel, Json)).IsProblem(400);
        (await SendAsync("POST", Target + "/batch", null, bad, cancel, "Content-Type: text/plain")).IsProblem(401);
        (await SendAsync("POST", Target + "/batch", Reader, bad, cancel, "Content-Type: text/plain")).IsProblem(403);
        (await SendAsync("POST", Target + "/batch", Tokens.Publisher(), bad, cancel, Json)).IsProblem(415);
    }

    [Test]
    public async Task An_unauthenticated_answer_says_how_to_authenticate(CancellationToken cancel)
    {
        var answer = await SendAsync("POST", Target, null, Body(), cancel, Json);
        answer.IsProblem(401);
        Assert.That(answer["WWW-Authenticate"], Is.EqualTo("Bearer"));
    }

    [TestCase("text/plain")]
    [TestCase("application/json; charset=utf-16")]
    [TestCase("application/jsonp")]
    [TestCase("application/x-ndjson")]
    [TestCase("multipart/form-data; boundary=x")]
    [TestCase(";")]
    public async Task Another_type_is_a_415(string type, CancellationToken cancel) =>
        (await SendAsync("POST", Target, Tokens.Publisher(), Body(), cancel, $"Content-Type: {type}")).IsProblem(415);

    [Test]
    public async Task No_type_two_types_and_a_compressed_body_are_a_415(CancellationToken cancel)
    {
        (await SendAsync("POST", Target, Tokens.Publisher(), Body(), cancel)).IsProblem(415);
        (await SendAsync("POST", Target, Tokens.Publisher(), Body(), cancel, Json, "Content-Type: text/plain")).IsProblem(415);
        (await SendAsync("POST", Target, Tokens.Publisher(), Body(), cancel, Json, "Content-Encoding: gzip")).IsProblem(415);
    }

    [TestCase("application/json; charset=utf-8")]
    [TestCase("Application/JSON; charset=\"UTF-8\"; version=1")]
    public async Task Parameters_of_the_right_type_are_tolerated(string type, CancellationToken cancel) =>
        Assert.That((await SendAsync("POST", Target, Tokens.Publisher(), Body(), cancel, $"Content-Type: {type}")).Status, Is.EqualTo(202));

    [Test]
    public async Task The_size_limit_is_exact(CancellationToken cancel)
    {
        var user = NewName();
        Assert.That((await PublishAsync(Sized(user, BodyLimit), cancel)).Status, Is.EqualTo(202));
        (await PublishAsync(Sized(user, BodyLimit + 1), cancel)).IsProblem(413);
        Assert.That(await StoredAsync(user, cancel), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task The_size_limit_holds_without_a_length(CancellationToken cancel)
    {
        string Chunked(string body) => string.Create(CultureInfo.InvariantCulture,
            $"POST {Target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {Tokens.Publisher()}\r\n{Json}\r\nTransfer-Encoding: chunked\r\n\r\n{body.Length:x}\r\n{body}\r\n0\r\n\r\n");
        Assert.That((await RawHttp.SendAsync(Server.Address, Chunked(Sized("u", BodyLimit)), cancel)).Status, Is.EqualTo(202));
        (await RawHttp.SendAsync(Server.Address, Chunked(Sized("u", BodyLimit + 1)), cancel)).IsProblem(413);
    }

    [Test]
    public async Task After_a_refusal_the_connection_is_as_good_as_new(CancellationToken cancel)
    {
        string Request(string method, string target, string type, string token, string body, string connection) =>
            string.Create(CultureInfo.InvariantCulture,
            $"{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: {connection}\r\nAuthorization: Bearer {token}\r\nContent-Type: {type}\r\nContent-Length: {body.Length}\r\n\r\n{body}");
        var (publisher, big) = (Tokens.Publisher(), new string('x', BodyLimit + 1));
        var answers = await RawHttp.SendAsync(
            Server.Address,
            Request("POST", Target, "text/plain", publisher, big, "keep-alive")
            + Request("POST", Target, "application/json", publisher, big, "keep-alive")
            + Request("POST", Target, "application/json", Reader, big, "keep-alive")
            + Request("PUT", Target + "/acknowledged", "application/json", Reader, big, "keep-alive")
            + Request("POST", Target, "application/json", publisher, Body(), "close"), cancel);
        var text = answers.Text;
        Assert.That(answers.Status, Is.EqualTo(415));
        foreach (var line in (string[])["HTTP/1.1 413 ", "HTTP/1.1 403 ", "HTTP/1.1 202 "]) Assert.That(text, Does.Contain(line));
    }

    [Test]
    public async Task A_million_members_are_refused_at_once(CancellationToken cancel) =>
        (await PublishAsync(
            With("\"data\":{" + string.Join(',', Enumerable.Range(0, 1_000_000).Select(n => $"\"{n:x}\":0")) + "}"), cancel)).IsProblem(
            413);

    [Test]
    public async Task As_many_mistakes_as_fit_are_answered_shortly(CancellationToken cancel)
    {
        var answer = await PublishAsync("{" + string.Join(',', Enumerable.Range(0, 6_000).Select(n => $"\"{n:x}\":0")) + "}", cancel);
        answer.IsProblem(400);
        Assert.That(answer.Body, Has.Length.LessThan(4_096));
    }

    [TestCase("")]
    [TestCase(" ")]
    [TestCase("two words")]
    [TestCase("tab\tbed")]
    [TestCase("é")]
    public async Task A_bad_key_is_a_400(string key, CancellationToken cancel) =>
        (await PublishAsync(Body(), cancel, $"Idempotency-Key: {key}")).IsProblem(400);

    [Test]
    public async Task A_key_that_is_too_long_or_given_twice_is_a_400(CancellationToken cancel)
    {
        (await PublishAsync(Body(), cancel, $"Idempotency-Key: {new string('k', 129)}")).IsProblem(400);
        (await PublishAsync(Body(), cancel, "Idempotency-Key: one", "Idempotency-Key: two")).IsProblem(400);
        (await PublishAsync(Body(), cancel, "Idempotency-Key: one", "Idempotency-Key: one")).IsProblem(400);
        Assert.That((await PublishAsync(Body(), cancel, $"Idempotency-Key: {new string('k', 128)}")).Status, Is.EqualTo(202));
    }
}
