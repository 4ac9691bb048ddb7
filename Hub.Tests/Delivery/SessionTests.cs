using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text.Json;
using Microsoft.AspNetCore.SignalR.Client;
using Realtime.Client;
using Realtime.Server.Security.Sessions;
using Realtime.Tests.Support;

namespace Realtime.Tests.Delivery;

/// <summary>Reading with a cookie instead of a token.</summary>
[CancelAfter(60_000)]
internal sealed class SessionTests
{
    private ServerProcess _server = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _server = await TestServer.StartAsync();

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
    }

    [Test]
    public async Task A_session_is_a_cookie_that_scripts_and_other_sites_do_not_get_and_that_lives_as_long_as_the_token(
        CancellationToken cancel)
    {
        var expiresAt = TimeProvider.System.GetUtcNow().AddMinutes(7);
        using var answer = await BeginAsync(Tokens.For("alice", expiresAt), null, cancel);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        var cookie = answer.Headers.GetValues("Set-Cookie").Single();
        Assert.That(cookie, Does.Match("^hub-session=[A-Za-z0-9_-]+; expires=[^;]+; path=/; samesite=strict; httponly$"),
            "and no secure on plain http");
        var expires = DateTimeOffset.Parse(cookie.Split("expires=")[1].Split(';')[0], System.Globalization.CultureInfo.InvariantCulture);
        Assert.That(expires, Is.EqualTo(expiresAt).Within(TimeSpan.FromSeconds(1)));
    }

    [Test]
    public async Task A_session_that_was_ended_stays_ended_over_a_kill(CancellationToken cancel)
    {
        await using var server = await TestServer.StartAsync(cancel: cancel);
        var (ended, other) = (await BeginAsync("ended"), await BeginAsync("other"));
        Assert.That(await StatusAsync("DELETE", "/api/session", ended), Is.EqualTo(204));
        await server.KillAsync();
        await server.StartAgainAsync(cancel);
        Assert.That(await StatusAsync("GET", "/api/notifications", ended), Is.EqualTo(401));
        Assert.That(await StatusAsync("GET", "/api/notifications", other), Is.EqualTo(200));

        async Task<string> BeginAsync(string user) => (await RawHttp.SendAsync(
            server.Address, "POST", "/api/session", Tokens.For(user), [], cancel))["Set-Cookie"]!.Split(';')[0];

        async Task<int> StatusAsync(string method, string target, string cookie) =>
            (await RawHttp.SendAsync(server.Address, method, target, null, null, cancel, $"Cookie: {cookie}")).Status;
    }

    [Test]
    public async Task It_counts_for_reading_acknowledging_and_counting(CancellationToken cancel)
    {
        var cookie = await CookieAsync(Tokens.For("reader-1", ["west"]), cancel);
        string[] groups = ["west"];
        await _server.PublishAsync(new { groups }, "order 1", cancel);
        await _server.PublishAsync("reader-1", "order 2", cancel);
        using var history = await SendAsync(HttpMethod.Get, "/api/notifications?after=earliest", cookie, cancel);
        var page = await history.Content.ReadFromJsonAsync<JsonElement>(cancel);
        Assert.That(page.GetProperty("items").EnumerateArray()
            .Select(item => item.Describe()), Is.EquivalentTo(["group:west 1 order 1", "user:reader-1 1 order 2"]));

        using var acknowledged = await SendAsync(
            HttpMethod.Put, "/api/notifications/acknowledged", cookie, cancel, new { cursor = page.GetProperty("cursor").GetString() });
        Assert.That(await acknowledged.Content.ReadAsStringAsync(cancel), Is.EqualTo("""{"unread":0}"""));
        using var unread = await SendAsync(HttpMethod.Get, "/api/notifications/unread", cookie, cancel);
        Assert.That(await unread.Content.ReadAsStringAsync(cancel), Is.EqualTo("""{"unread":0}"""));
    }

    [Test]
    public async Task It_never_counts_for_publishing_nor_for_prolonging_itself(CancellationToken cancel)
    {
        var cookie = await CookieAsync(Tokens.Publisher("reader-2"), cancel);
        var to = new { everyone = true };
        using var publish = await SendAsync(
            HttpMethod.Post, "/api/notifications", cookie, cancel, new { to, type = "order.created", orderId = "1" });
        using var prolong = await SendAsync(HttpMethod.Post, "/api/session", cookie, cancel);
        Assert.That(publish.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(prolong.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [Test]
    public async Task A_bearer_token_wins_over_it_even_a_bad_one(CancellationToken cancel)
    {
        var cookie = await CookieAsync(Tokens.For("reader-3"), cancel);
        await _server.PublishAsync("reader-4", "for 4", cancel);
        using var other = await SendAsync(
            HttpMethod.Get, "/api/notifications?after=earliest", cookie, cancel, token: Tokens.For("reader-4"));
        using var bad = await SendAsync(HttpMethod.Get, "/api/notifications", cookie, cancel, token: "nonsense");
        Assert.That(await other.Content.ReadAsStringAsync(cancel), Does.Contain("for 4"));
        Assert.That(bad.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [TestCase("Origin", "https://evil.example")]
    [TestCase("Origin", "null")]
    [TestCase("Sec-Fetch-Site", "cross-site")]
    [TestCase("Sec-Fetch-Site", "same-site")]
    public async Task Requests_of_other_sites_are_refused(string header, string value, CancellationToken cancel)
    {
        var cookie = await CookieAsync(Tokens.For("reader-5"), cancel);
        foreach (var (method, path) in new[] { (HttpMethod.Get, "/api/notifications"),
            (HttpMethod.Post, "/hubs/orders/negotiate?negotiateVersion=1"), (HttpMethod.Delete, "/api/session") })
        {
            using var answer = await SendAsync(method, path, cookie, cancel, headers: (header, value));
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Forbidden), $"{method} {path}");
            Assert.That(answer.Content.Headers.ContentType?.MediaType, Is.EqualTo("application/problem+json"));
        }
        using var still = await SendAsync(HttpMethod.Get, "/api/notifications", cookie, cancel, headers: ("Sec-Fetch-Site", "same-origin"));
        Assert.That(still.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task A_WebSocket_opens_with_it_from_this_servers_pages_only(CancellationToken cancel)
    {
        var cookie = await CookieAsync(Tokens.For("reader-6"), cancel);
        using var own = await WebSocketAsync(_server.Address.GetLeftPart(UriPartial.Authority));
        Assert.That(own.State, Is.EqualTo(WebSocketState.Open));
        Assert.That(() => WebSocketAsync("https://evil.example"), Throws.TypeOf<WebSocketException>().With.Message.Contains("403"));

        async Task<ClientWebSocket> WebSocketAsync(string origin)
        {
            var socket = new ClientWebSocket();
            socket.Options.SetRequestHeader("Cookie", cookie);
            socket.Options.SetRequestHeader("Origin", origin);
            await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{_server.Port}/hubs/orders"), cancel);
            return socket;
        }
    }

    [Test]
    public async Task Ending_it_closes_its_connections_and_nobody_elses_and_makes_copies_of_the_cookie_worthless(CancellationToken cancel)
    {
        var cookie = await CookieAsync(Tokens.For("reader-7"), cancel);
        var elsewhere = await CookieAsync(Tokens.For("reader-7"), cancel);
        await using var first = await StreamAsync(cookie, cancel);
        await using var other = await StreamAsync(elsewhere, cancel);
        Assert.That((await first.NextAsync(cancel))!.Value.IsPosition());
        Assert.That((await other.NextAsync(cancel))!.Value.IsPosition());

        using var end = await SendAsync(HttpMethod.Delete, "/api/session", cookie, cancel);
        Assert.That(end.StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        Assert.That(end.Headers.GetValues("Set-Cookie").Single(), Does.Contain("expires=Thu, 01 Jan 1970"));
        Assert.That((await first.NextAsync(cancel))!.Value.Describe(), Is.EqualTo("closing revoked"));
        using var copy = await SendAsync(HttpMethod.Get, "/api/notifications", cookie, cancel);
        Assert.That(copy.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));

        await _server.PublishAsync("reader-7", "for the other one", cancel);
        Assert.That((await other.NextAsync(cancel))!.Value.Describe(), Is.EqualTo("user:reader-7 1 for the other one"));
    }

    [TestCase(Transport.WebSockets), TestCase(Transport.ServerSentEvents), TestCase(Transport.LongPolling)]
    public async Task Ending_it_closes_a_hub_connection_that_has_no_subscription_too(Transport transport, CancellationToken cancel)
    {
        var cookie = await CookieAsync(Tokens.For($"reader-14-{transport}"), cancel);
        var elsewhere = await CookieAsync(Tokens.For($"reader-14-{transport}"), cancel);
        await using var hub = await HubReceiver.ConnectByCookieAsync(_server.Address, cookie, transport, cancel);
        await using var other = await HubReceiver.ConnectByCookieAsync(_server.Address, elsewhere, transport, cancel);
        Assert.That(await hub.Connection.InvokeAsync<long>("Unread", cancel), Is.Zero);
        var closed = hub.ClosedAsync();
        using var end = await SendAsync(HttpMethod.Delete, "/api/session", cookie, cancel);
        await Eventually.Ends("the connection is closed", closed, TimeSpan.FromSeconds(30), cancel);
        Assert.That(await other.Connection.InvokeAsync<long>("Unread", cancel), Is.Zero, "and the one of another session is not");
    }

    [Test]
    public async Task Signing_in_again_keeps_the_session_and_as_somebody_else_ends_it(CancellationToken cancel)
    {
        var cookie = await CookieAsync(Tokens.For("reader-8"), cancel);
        await using var stream = await StreamAsync(cookie, cancel);
        Assert.That((await stream.NextAsync(cancel))!.Value.IsPosition());
        using var again = await BeginAsync(Tokens.For("reader-8"), cookie, cancel);
        await _server.PublishAsync("reader-8", "still here", cancel);
        Assert.That((await stream.NextAsync(cancel))!.Value.Describe(), Does.EndWith("still here"));
        using var another = await BeginAsync(Tokens.For("reader-9"), CookieOf(again), cancel);
        Assert.That((await stream.NextAsync(cancel))!.Value.Describe(), Is.EqualTo("closing revoked"));
    }

    [Test]
    public async Task What_is_no_cookie_of_ours_is_nobody(CancellationToken cancel)
    {
        var cookie = await CookieAsync(Tokens.For("reader-10"), cancel);
        foreach (var wrong in new[] { "hub-session=", "hub-session=nonsense", cookie[..^3] + "AAA", "hub-session="
            + new string('A', 4000) })
        {
            using var answer = await SendAsync(HttpMethod.Get, "/api/notifications", wrong, cancel);
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized), wrong);
        }
    }

    [Test]
    public async Task Its_connections_end_with_the_token_that_it_was_made_from(CancellationToken cancel)
    {
        var cookie = await CookieAsync(Tokens.For("reader-11", TimeProvider.System.GetUtcNow().AddSeconds(4)), cancel);
        await using var stream = await StreamAsync(cookie, cancel);
        Assert.That((await stream.NextAsync(cancel))!.Value.IsPosition());
        Assert.That((await stream.NextAsync(cancel))!.Value.Describe(), Is.EqualTo("closing token-expired"));
        await Eventually.True("the cookie is worth nothing", async () =>
        {
            using var answer = await SendAsync(HttpMethod.Get, "/api/notifications", cookie, cancel);
            return answer.StatusCode == HttpStatusCode.Unauthorized;
        }, cancel);
    }

    [Test]
    public async Task A_token_with_more_groups_than_a_cookie_holds_is_refused(CancellationToken cancel)
    {
        var groups = Enumerable.Range(0, 100).Select(n => $"a-group-with-quite-a-long-name-{n}").ToArray();
        using var answer = await BeginAsync(Tokens.For("reader-12", groups), null, cancel);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
    }

    [Test]
    public async Task It_outlives_a_restart_of_the_server(CancellationToken cancel)
    {
        await using var server = await TestServer.StartAsync(cancel: cancel);
        using var begin = TestServer.Request(HttpMethod.Post, "/api/session", Tokens.For("reader-13"));
        using var answer = await server.Http.SendAsync(begin, cancel);
        await server.KillAsync();
        await server.StartAgainAsync(cancel);
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("/api/notifications/unread", UriKind.Relative));
        request.Headers.Add("Cookie", CookieOf(answer));
        using var unread = await server.Http.SendAsync(request, cancel);
        Assert.That(unread.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(server.Output, Does.Not.Contain("warn:"));
    }

    [Test]
    public async Task No_keys_are_left_in_anybodys_home(CancellationToken cancel)
    {
        var home = Directory.CreateTempSubdirectory("hub-home-");
        try
        {
            await using var server = await ServerProcess.StartAsync(
                new() { Variables = new Dictionary<string, string> { ["HOME"] = home.FullName } }, cancel);
            using var begin = TestServer.Request(HttpMethod.Post, "/api/session", await DevTokenAsync(server, cancel));
            using var answer = await server.Http.SendAsync(begin, cancel);
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
            Assert.That(Directory.EnumerateFiles(home.FullName, "key-*.xml", SearchOption.AllDirectories), Is.Empty);
            Assert.That(server.Output, Does.Not.Contain("warn:"));
            Assert.That(Directory.EnumerateFiles(Path.Combine(server.DataPath, SessionKeyFiles.Folder)).Count(), Is.EqualTo(1));
        }
        finally
        {
            home.Delete(recursive: true);
        }
    }

    private static async Task<string> DevTokenAsync(ServerProcess server, CancellationToken cancel)
    {
        using var answer = await server.Http.PostAsJsonAsync(new Uri("/dev/token", UriKind.Relative), new { user = "alice" }, cancel);
        return (await answer.Content.ReadFromJsonAsync<JsonElement>(cancel)).GetProperty("accessToken").GetString()!;
    }

    private static string CookieOf(HttpResponseMessage answer) => answer.Headers.GetValues("Set-Cookie").Single().Split(';')[0];

    private async Task<string> CookieAsync(string token, CancellationToken cancel)
    {
        using var answer = await BeginAsync(token, null, cancel);
        return CookieOf(answer);
    }

    private Task<HttpResponseMessage> BeginAsync(string token, string? cookie, CancellationToken cancel) =>
        SendAsync(HttpMethod.Post, "/api/session", cookie, cancel, token: token);

    private async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, string? cookie, CancellationToken cancel, object? body = null, string? token = null,
        (string Name, string Value)? headers = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        if (cookie is not null) request.Headers.TryAddWithoutValidation("Cookie", cookie);
        if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (headers is { } header) request.Headers.TryAddWithoutValidation(header.Name, header.Value);
        if (body is not null) request.Content = JsonContent.Create(body);
        return await _server.Http.SendAsync(request, cancel);
    }

    private Task<EventStreamReceiver> StreamAsync(string cookie, CancellationToken cancel) =>
        EventStreamReceiver.ConnectByCookieAsync(_server.Address, cookie, cancel);
}
