using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Realtime.Client;
using Realtime.Server.Security.Sessions;
using Realtime.Tests.Delivery;
using Realtime.Tests.Support;
using StackExchange.Redis;

namespace Realtime.Tests.Routing;

/// <summary>A session cookie is valid on every node, and invalid on every node once the session was ended on one.</summary>
[CancelAfter(90_000)]
internal sealed class SessionOnTwoNodesTests
{
    private readonly AsyncDisposables _started = new();
    private IRedisServer _redis = null!;
    private Node _first = null!, _second = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _redis = _started.Add(await RedisServers.StartAsync());
        _first = _started.Add(await Node.StartAsync(_redis));
        _second = _started.Add(await Node.StartAsync(_redis));
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await _started.DisposeAsync();

    [Test]
    public async Task A_session_of_one_node_reads_on_another_and_its_connections_are_forwarded(CancellationToken cancel)
    {
        var cookie = await CookieAsync("alice", cancel);
        await _first.Server.PublishAsync("alice", "order 1", cancel);
        using var history = await SendAsync(_second, HttpMethod.Get, "/api/notifications?after=earliest", cookie, cancel);
        Assert.That(await history.Content.ReadAsStringAsync(cancel), Does.Contain("order 1"));

        using var negotiated = await SendAsync(_first, HttpMethod.Post, "/hubs/orders/negotiate?negotiateVersion=1", cookie, cancel);
        var token = (await negotiated.Content.ReadFromJsonAsync<JsonElement>(cancel)).GetProperty("connectionToken").GetString()!;
        await Eventually.True("the second node knows the first", async () =>
        {
            using var poll = await SendAsync(_second, HttpMethod.Get, $"/hubs/orders?id={token}", cookie, cancel);
            return poll.StatusCode == HttpStatusCode.OK;
        }, cancel);
    }

    [Test]
    public async Task Nodes_that_start_at_once_on_an_empty_Redis_read_each_others_cookies_at_once(CancellationToken cancel)
    {
        await using var redis = await RedisServers.StartAsync();
        var nodes = await Task.WhenAll(Node.StartAsync(redis, cancel: cancel), Node.StartAsync(redis, cancel: cancel));
        await using var one = nodes[0];
        await using var two = nodes[1];
        // Neither has needed a key before.
        var cookies = await Task.WhenAll(CookieAsync("frank", cancel, node: one), CookieAsync("grace", cancel, node: two));
        foreach (var cookie in cookies)
            foreach (var node in nodes) Assert.That(await StatusAsync(node, cookie, cancel), Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await redis.AskAsync(database => database.ListLengthAsync(DefaultNames.Keys.SessionKeys)), Is.EqualTo(1));
        Assert.That(await redis.AskAsync(database => database.KeyExistsAsync(DefaultNames.Keys.SessionKeysLock)), Is.False);
        Assert.That(one.Server.Output + two.Server.Output, Does.Not.Contain("masterKey").And.Not.Contain("encryptor"));
    }

    [Test]
    public async Task What_is_no_key_in_Redis_is_told_with_what_to_do_and_made_good_once_it_is_gone(CancellationToken cancel)
    {
        await using var redis = await RedisServers.StartAsync();
        await redis.AskAsync(database => database.ListRightPushAsync(DefaultNames.Keys.SessionKeys, "no key"));
        await using var node = await Node.StartAsync(redis, cancel: cancel);
        using var begin = await node.Server.Http.SendAsync(
            TestServer.Request(HttpMethod.Post, "/api/session", Tokens.For("heidi")), cancel);
        Assert.That(begin.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        await node.Server.PrintedAsync($"{DefaultNames.Keys.SessionKeys} in Redis holds what is no session key: delete it", cancel);
        await redis.AskAsync(database => database.KeyDeleteAsync(DefaultNames.Keys.SessionKeys));
        Assert.That(await StatusAsync(node, await CookieAsync("heidi", cancel, node: node), cancel), Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task Ending_it_on_one_node_closes_its_connections_on_the_other_at_once_and_nobody_elses(CancellationToken cancel)
    {
        var (cookie, elsewhere) = (await CookieAsync("bob", cancel), await CookieAsync("bob", cancel));
        await using var stream = await EventStreamReceiver.ConnectByCookieAsync(_second.Address, cookie, cancel);
        await using var reading = await HubReceiver.ConnectByCookieAsync(_second.Address, cookie, Transport.WebSockets, cancel);
        await using var idle = await HubReceiver.ConnectByCookieAsync(_second.Address, cookie, Transport.LongPolling, cancel);
        await using var other = await EventStreamReceiver.ConnectByCookieAsync(_second.Address, elsewhere, cancel);
        await reading.SubscribeAsync(null, cancel);
        foreach (var receiver in new IReceiver[] { stream, reading, other })
            Assert.That((await receiver.NextAsync(cancel))!.Value.IsPosition());
        var closed = Task.WhenAll(reading.ClosedAsync(), idle.ClosedAsync());

        using var end = await SendAsync(_first, HttpMethod.Delete, "/api/session", cookie, cancel);
        Assert.That(end.StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        // Without an announcement, the periodic check of the key would find it in the end.
        await Eventually.Ends("both hub connections are closed", closed, ClusterRevocations.MaxAge, cancel);
        Assert.That((await stream.NextAsync(cancel))!.Value.Describe(), Is.EqualTo("closing revoked"));
        Assert.That((await reading.NextAsync(cancel))!.Value.Describe(), Is.EqualTo("closing revoked"));
        foreach (var node in new[] { _first, _second })
            Assert.That(await StatusAsync(node, cookie, cancel), Is.EqualTo(HttpStatusCode.Unauthorized));

        await _first.Server.PublishAsync("bob", "for the other one", cancel);
        Assert.That((await other.NextAsync(cancel))!.Value.Describe(), Is.EqualTo("user:bob 1 for the other one"));
    }

    [Test]
    public async Task A_node_that_starts_later_does_not_take_a_copy_of_its_cookie(CancellationToken cancel)
    {
        var (cookie, good) = (await CookieAsync("carol", cancel), await CookieAsync("carol", cancel));
        using var end = await SendAsync(_second, HttpMethod.Delete, "/api/session", cookie, cancel);
        await using var third = await Node.StartAsync(_redis, cancel: cancel);
        await Eventually.True(
            "it has the key of sessions", async () => await StatusAsync(third, good, cancel) == HttpStatusCode.OK, cancel);
        Assert.That(await StatusAsync(third, cookie, cancel), Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [Test]
    public async Task What_Redis_remembers_of_it_is_forgotten_with_its_cookie(CancellationToken cancel)
    {
        var cookie = await CookieAsync("dora", cancel, TimeSpan.FromMinutes(5));
        using var end = await SendAsync(_first, HttpMethod.Delete, "/api/session", cookie, cancel);
        var times = await _redis.AskAsync(async database =>
        {
            var keys = (string[])((RedisResult[])(await database.ExecuteAsync("SCAN", "0", "MATCH", "hub:ended:*", "COUNT", "10000"))!)[1]!;
            return await Task.WhenAll(keys.Select(key => database.KeyTimeToLiveAsync(key)));
        });
        Assert.That(times, Has.All.Not.Null.And.Some.InRange(TimeSpan.FromMinutes(4), TimeSpan.FromMinutes(5)));
    }

    [Test]
    public async Task No_request_asks_Redis_about_a_session(CancellationToken cancel)
    {
        var cookie = await CookieAsync("fay", cancel);
        foreach (var node in new[] { _first, _second })
        {
            await Eventually.True("it follows the list of ended sessions", async () => await ReadsAsync(node) == 0, cancel);
            for (var n = 0; n < 50; n++) Assert.That(await ReadsAsync(node), Is.Zero);
        }

        async Task<int> ReadsAsync(Node node)
        {
            var before = await _redis.CallsOfAsync("exists");
            Assert.That(await StatusAsync(node, cookie, cancel), Is.EqualTo(HttpStatusCode.OK));
            return await _redis.CallsOfAsync("exists") - before;
        }
    }

    [Test]
    public async Task A_node_that_did_not_get_the_message_learns_it_from_the_list(CancellationToken cancel)
    {
        var cookie = await CookieAsync("eve", cancel);
        await using var stream = await EventStreamReceiver.ConnectByCookieAsync(_second.Address, cookie, cancel);
        Assert.That((await stream.NextAsync(cancel))!.Value.IsPosition());
        await _redis.AskAsync(database => database.ExecuteAsync("ACL", "SETUSER", "default", "resetchannels"));
        try
        {
            using var end = await SendAsync(_first, HttpMethod.Delete, "/api/session", cookie, cancel);
            Assert.That(end.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable), "not all nodes were told");
            Assert.That(end.Headers.GetValues("Set-Cookie")
                .Single(), Does.Contain("expires=Thu, 01 Jan 1970"), "and yet the browser is signed out");
            Assert.That(await StatusAsync(_first, cookie, cancel), Is.EqualTo(HttpStatusCode.Unauthorized));
            Assert.That((await stream.NextAsync(cancel))!.Value.Describe(), Is.EqualTo("closing revoked"));
        }
        finally
        {
            await _redis.AskAsync(database => database.ExecuteAsync("ACL", "SETUSER", "default", "allchannels"));
        }
        await Eventually.True("both listen again", () => ListenersAsync(2), TimeSpan.FromSeconds(30), cancel);
    }

    private Task<bool> ListenersAsync(long count) => _redis.AskAsync(async database =>
        (long)((RedisResult[])(await database.ExecuteAsync("PUBSUB", "NUMSUB", (string)DefaultNames.Channels.SessionEnds!))!)[1] == count);

    private async Task<string> CookieAsync(string user, CancellationToken cancel, TimeSpan? lifetime = null, Node? node = null)
    {
        var token = Tokens.For(user, TimeProvider.System.GetUtcNow() + (lifetime ?? TimeSpan.FromHours(1)));
        using var begin = await (node ?? _first).Server.Http.SendAsync(TestServer.Request(HttpMethod.Post, "/api/session", token), cancel);
        Assert.That(begin.StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        return begin.Headers.GetValues("Set-Cookie").Single().Split(';')[0];
    }

    private static async Task<HttpStatusCode> StatusAsync(Node node, string cookie, CancellationToken cancel)
    {
        using var answer = await SendAsync(node, HttpMethod.Get, "/api/notifications/unread", cookie, cancel);
        return answer.StatusCode;
    }

    // As a browser sends it to the address that it has the page from.
    private static async Task<HttpResponseMessage> SendAsync(
        Node node, HttpMethod method, string path, string cookie, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        request.Headers.Add("Cookie", cookie);
        request.Headers.Add("Sec-Fetch-Site", "same-origin");
        request.Headers.Add("Origin", node.Address.GetLeftPart(UriPartial.Authority));
        return await node.Server.Http.SendAsync(request, cancel);
    }
}
