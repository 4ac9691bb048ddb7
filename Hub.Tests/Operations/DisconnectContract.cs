using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR.Client;
using Realtime.Client;
using Realtime.Tests.Delivery;
using Realtime.Tests.Support;

namespace Realtime.Tests.Operations;

/// <summary><c>/api/admin/disconnect</c>: a user is out at once on every node, and in again when an operator says so.</summary>
[CancelAfter(90_000)]
internal abstract class DisconnectContract
{
    protected const string Target = "/api/admin/disconnect";
    private const string Json = "Content-Type: application/json";

    private static int _users;

    /// <summary>The node that the operator uses.</summary>
    protected abstract Uri Operator { get; }

    /// <summary>The node that the user reads on.</summary>
    protected abstract Uri Reader { get; }

    private static string NewUser() => $"user-{Interlocked.Increment(ref _users)}";

    [Test]
    public async Task Every_stream_of_the_user_ends_and_no_other(CancellationToken cancel)
    {
        var user = NewUser();
        var (token, other) = (TokenOf(user), TokenOf(NewUser()));
        await using var readers = new AsyncDisposables();
        var streams = new List<IReceiver> { readers.Add(await EventStreamReceiver.ConnectAsync(Reader, token, "latest", cancel)) };
        foreach (var transport in new[] { Transport.WebSockets, Transport.ServerSentEvents, Transport.LongPolling })
        {
            var receiver = readers.Add(await HubReceiver.ConnectAsync(Reader, token, transport, cancel));
            await receiver.SubscribeAsync("latest", cancel);
            streams.Add(receiver);
        }
        await using var stays = await EventStreamReceiver.ConnectAsync(Reader, other, "latest", cancel);
        foreach (var stream in (IReceiver[])[.. streams, stays]) Assert.That((await stream.NextAsync(cancel))!.Value.IsPosition());
        await using var silent = await OpenAsync(token, "/hubs/orders", cancel);
        await using var operators = await OpenAsync(TokenOf(user, roles: "admin"), "/hubs/operators", cancel);
        var closed = Task.WhenAll(ClosedOf(silent), ClosedOf(operators));

        Assert.That(await PostAsync(user, null, cancel), Is.EqualTo(202));
        foreach (var stream in streams)
            Assert.That((await stream.TakeAllAsync(cancel)).Select(Items.Describe), Is.EqualTo(["closing revoked"]));
        await Eventually.Ends("connections without a subscription are closed", closed, cancel);
        await RequireOutAsync(token, cancel);
        Assert.That((await RawHttp.SendAsync(Reader, "GET", "/api/notifications", other, null, cancel)).Status, Is.EqualTo(200));
    }

    [Test]
    public async Task A_newer_token_is_good_and_an_older_one_again_when_the_operator_says_so(CancellationToken cancel)
    {
        var user = NewUser();
        var (old, newer, without) = (TokenOf(user), TokenOf(user, secondsFromNow: 5), TokenOf(user, secondsFromNow: null));
        Assert.That(await PostAsync(user, """{"reason":"left the company"}""", cancel), Is.EqualTo(202));
        await RequireOutAsync(old, cancel);
        await RequireOutAsync(without, cancel);
        Assert.That(await StatusAsync(newer, cancel), Is.EqualTo(200));

        Assert.That(await DeleteAsync(user, cancel), Is.EqualTo(202));
        await Eventually.True("the old one is good again", async () => await StatusAsync(old, cancel) == 200, cancel);
        Assert.That(await DeleteAsync(user, cancel), Is.EqualTo(202), "twice does no harm");
    }

    [Test]
    public async Task A_blocked_user_stays_out_whatever_the_token(CancellationToken cancel)
    {
        var user = NewUser();
        var until = TimeProvider.System.GetUtcNow().AddHours(1).ToString("yyyy-MM-ddTHH:mm:ssZ");
        Assert.That(await PostAsync(user, $$"""{"blockedUntil":"{{until}}","reason":null}""", cancel), Is.EqualTo(202));
        await RequireOutAsync(TokenOf(user, secondsFromNow: 5), cancel);
        Assert.That(await DeleteAsync(user, cancel), Is.EqualTo(202));
        await Eventually.True("it is in again", async () => await StatusAsync(TokenOf(user), cancel) == 200, cancel);
    }

    [Test]
    public async Task A_browsers_session_goes_with_its_token(CancellationToken cancel)
    {
        var user = NewUser();
        var session = await RawHttp.SendAsync(Reader, "POST", "/api/session", TokenOf(user), [], cancel);
        var cookie = session["Set-Cookie"]!.Split(';')[0];
        await using var stream = await EventStreamReceiver.ConnectByCookieAsync(Reader, cookie, cancel);
        Assert.That((await stream.NextAsync(cancel))!.Value.IsPosition());
        Assert.That(await PostAsync(user, null, cancel), Is.EqualTo(202));
        Assert.That((await stream.TakeAllAsync(cancel)).Select(Items.Describe), Is.EqualTo(["closing revoked"]));
        (await RawHttp.SendAsync(Reader, "GET", "/api/notifications", null, null, cancel, $"Cookie: {cookie}")).IsProblem(401);
    }

    [TestCase("a/b")]
    [TestCase("..")]
    [TestCase("a,b;c")]
    [TestCase("a%2Fb")]
    [TestCase("é 😀+&=#?")]
    public async Task Any_name_can_be_named(string name, CancellationToken cancel)
    {
        var user = $"{NewUser()} {name}";
        Assert.That(await PostAsync(user, null, cancel), Is.EqualTo(202));
        await RequireOutAsync(TokenOf(user), cancel);
    }

    [TestCase("", null, 400)]
    [TestCase("?user=", null, 400)]
    [TestCase("?user=a&user=b", null, 400)]
    [TestCase("?user=a%0Ab", null, 400)]
    [TestCase("?user=a", "[]", 400)]
    [TestCase("?user=a", "{", 400)]
    [TestCase("?user=a", """{"cause":"x"}""", 400)]
    [TestCase("?user=a", """{"reason":1}""", 400)]
    [TestCase("?user=a", """{"reason":"a\nb"}""", 400)]
    [TestCase("?user=a", """{"reason":"x","reason":"y"}""", 400)]
    [TestCase("?user=a", """{"blockedUntil":"2020-01-01T00:00:00Z"}""", 400)]
    [TestCase("?user=a", """{"blockedUntil":"2096-01-01T00:00:00"}""", 400)]
    [TestCase("?user=a", """{"blockedUntil":"tomorrow"}""", 400)]
    [TestCase("?user=a", """{"blockedUntil":1}""", 400)]
    public async Task A_wrong_request_changes_nothing(string query, string? body, int status, CancellationToken cancel)
    {
        var answer = await RawHttp.SendAsync(
            Operator, "POST", Target + query, Admin, body is null ? [] : System.Text.Encoding.UTF8.GetBytes(body), cancel, Json);
        answer.IsProblem(status);
        Assert.That(answer.Json.TryGetProperty("errors", out _));
        Assert.That(await StatusAsync(TokenOf("a"), cancel), Is.EqualTo(200));
    }

    [Test]
    public async Task A_reason_has_200_code_units_at_most(CancellationToken cancel)
    {
        var user = NewUser();
        Assert.That(await PostAsync(user, $$"""{"reason":"{{new string('x', 201)}}"}""", cancel), Is.EqualTo(400));
        Assert.That(await StatusAsync(TokenOf(user), cancel), Is.EqualTo(200));
        Assert.That(await PostAsync(user, $$"""{"reason":"{{new string('x', 200)}}"}""", cancel), Is.EqualTo(202));
    }

    [Test]
    public async Task Only_an_administrator_may(CancellationToken cancel)
    {
        var user = NewUser();
        foreach (var method in (string[])["POST", "DELETE"])
        {
            (await RawHttp.SendAsync(Operator, method, $"{Target}?user={user}", TokenOf(user, roles: "publisher"), [], cancel)).IsProblem(403);
            (await RawHttp.SendAsync(Operator, method, $"{Target}?user={user}", null, [], cancel)).IsProblem(401);
        }
        Assert.That(await StatusAsync(TokenOf(user), cancel), Is.EqualTo(200));
    }

    /// <summary>Every address refuses the token with a type of its own; an event stream says so with status 200.</summary>
    protected async Task RequireOutAsync(string token, CancellationToken cancel)
    {
        await Eventually.True("the user is out", async () => await StatusAsync(token, cancel) == 401, cancel);
        foreach (var (method, target) in new[]
        {
            ("GET", "/api/notifications"), ("PUT", "/api/notifications/acknowledged"), ("POST", "/api/notifications"),
            ("POST", "/hubs/orders/negotiate?negotiateVersion=1"), ("POST", "/api/session"), ("GET", "/api/admin/stats"),
        })
        {
            var answer = await RawHttp.SendAsync(Reader, method, target, token, method == "GET" ? null : [], cancel, Json);
            answer.IsProblem(401, $"{method} {target}");
            Assert.That(answer.Json.GetProperty("type").GetString(), Does.EndWith("/revoked"));
        }
        await using var stream = await EventStreamReceiver.ConnectAsync(Reader, token, "latest", cancel);
        Assert.That((await stream.TakeAllAsync(cancel)).Select(Items.Describe), Is.EqualTo(["closing revoked"]));
    }

    protected async Task<int> PostAsync(string user, string? body, CancellationToken cancel) => (await RawHttp.SendAsync(
        Operator, "POST", $"{Target}?user={Uri.EscapeDataString(user)}", Admin, body is null ? [] : System.Text.Encoding.UTF8.GetBytes(body),
        cancel, Json)).Status;

    protected static string TokenOf(string user, int? secondsFromNow = 0, params string[] roles)
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var claims = new Dictionary<string, object> { ["sub"] = user, ["exp"] = now + 3_600, ["role"] = roles };
        if (secondsFromNow is { } seconds) claims["iat"] = now + seconds;
        return Tokens.Mint(claims);
    }

    protected async Task<int> StatusAsync(string token, CancellationToken cancel) =>
        (await RawHttp.SendAsync(Reader, "GET", "/api/notifications?limit=1", token, null, cancel)).Status;

    private async Task<int> DeleteAsync(string user, CancellationToken cancel) =>
        (await RawHttp.SendAsync(Operator, "DELETE", $"{Target}?user={Uri.EscapeDataString(user)}", Admin, null, cancel)).Status;

    private static string Admin => TokenOf("the operator", roles: "admin");

    private async Task<HubConnection> OpenAsync(string token, string hub, CancellationToken cancel)
    {
        var connection = new HubConnectionBuilder().WithUrl(new Uri(Reader, hub), HttpTransportType.WebSockets, options =>
            options.AccessTokenProvider = () => Task.FromResult<string?>(token)).Build();
        await connection.StartAsync(cancel);
        return connection;
    }

    private static Task ClosedOf(HubConnection connection)
    {
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        connection.Closed += _ =>
        {
            closed.TrySetResult();
            return Task.CompletedTask;
        };
        return closed.Task;
    }
}
