using Microsoft.AspNetCore.Http.Connections;
using Realtime.Tests.Delivery;
using Realtime.Tests.Operations.Operators;
using Realtime.Tests.Routing;
using Realtime.Tests.Support;

namespace Realtime.Tests.Redis;

/// <summary>Two installations share a database under different prefixes, and even accept the same tokens: nothing crosses.</summary>
[CancelAfter(120_000)]
internal sealed class TwoPrefixesTests
{
    private const string Other = "shop-2";
    private const string Unread = "/api/notifications/unread";

    private static readonly string Admin = Tokens.For("boss", null, "admin");

    private readonly AsyncDisposables _started = new();
    private IRedisServer _redis = null!;
    private Node _hub = null!, _shop = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _redis = _started.Add(await RedisServers.StartAsync());
        _hub = _started.Add(await Node.StartAsync(_redis));
        _shop = _started.Add(await Node.StartAsync(_redis, new Dictionary<string, string> { ["Hub:Redis:Prefix"] = Other }));
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await _started.DisposeAsync();

    [Test]
    public async Task What_is_published_on_one_is_neither_delivered_nor_unread_nor_a_repetition_on_the_other(CancellationToken cancel)
    {
        var token = Tokens.For("alice");
        await using var here = await EventStreamReceiver.ConnectAsync(_hub.Address, token, "latest", cancel);
        await using var there = await EventStreamReceiver.ConnectAsync(_shop.Address, token, "latest", cancel);
        foreach (var reader in new[] { here, there }) Assert.That((await reader.NextAsync(cancel))!.Value.IsPosition());

        for (var n = 1; n <= 3; n++) await _hub.Server.PublishAsync("alice", $"hub {n}", cancel, $"key-{n}");
        for (var n = 1; n <= 3; n++)
            Assert.That((await here.NextAsync(cancel))!.Value.Describe(), Is.EqualTo($"user:alice {n} hub {n}"));
        Assert.That(await UnreadAsync(_hub, token, cancel), Is.EqualTo(3));
        Assert.That(await UnreadAsync(_shop, token, cancel), Is.Zero);
        var history = await _shop.Server.HistoryAsync(token, "?after=earliest", cancel);
        Assert.That(history.GetProperty("items").GetArrayLength(), Is.Zero);

        // The same idempotency key with another body: one installation would refuse it.
        Assert.That(await _shop.Server.PublishAsync("alice", "shop 1", cancel, "key-1"), Is.EqualTo(1), "numbers are its own");
        Assert.That((await there.NextAsync(cancel))!.Value.Describe(), Is.EqualTo("user:alice 1 shop 1"), "nothing came before it");
    }

    [Test]
    public async Task Each_lists_its_own_node_and_does_not_find_connections_of_the_other(CancellationToken cancel)
    {
        foreach (var prefix in (string[])["hub", Other])
        {
            foreach (var list in (string[])["{nodes}", "{nodes}:speaks"])
                Assert.That(await _redis.AskAsync("HLEN", $"{prefix}:{list}"), Is.EqualTo(["1"]), $"{prefix}:{list}");
        }
        var connection = await RawConnection.NegotiateAsync(_hub.Address, Tokens.For("bob"), cancel);
        Assert.That(await connection.PollAsync(_shop.Address, cancel), Is.EqualTo((404, RawConnection.UnknownToSignalR)));
        Assert.That((await connection.OpenWebSocketAsync(_hub.Address, cancel)).Answer, Is.EqualTo(RawConnection.Agreed));
    }

    [Test]
    public async Task Operators_see_and_reach_only_their_own(CancellationToken cancel)
    {
        await using var here = await OperatorClient.ConnectAsync(_hub.Address, HttpTransportType.WebSockets, cancel);
        await using var there = await OperatorClient.ConnectAsync(_shop.Address, HttpTransportType.WebSockets, cancel);
        await here.SeesAsync(1, cancel);
        await there.SeesAsync(1, cancel);
        await here.AnnounceAsync("to the hub", cancel);
        await Eventually.True("it arrives", () => here.Announcements.Count > 0, cancel);
        await there.AnnounceAsync("to the shop", cancel);
        await Eventually.True("it arrives", () => there.Announcements.Count > 0, cancel);
        Assert.That(Texts(here), Is.EqualTo(["to the hub"]));
        Assert.That(Texts(there), Is.EqualTo(["to the shop"]));
        Assert.That(here.Nodes.Keys.Intersect(there.Nodes.Keys), Is.Empty);
        Assert.That((here.Nodes.Count, there.Nodes.Count), Is.EqualTo((1, 1)));

        static IEnumerable<string?> Texts(OperatorClient client) => client.Announcements.Select(it => it.GetProperty("text").GetString());
    }

    [Test]
    public async Task A_session_of_one_is_none_of_the_other_and_neither_is_its_end(CancellationToken cancel)
    {
        var (here, there) = (await CookieAsync(_hub, "carol", cancel), await CookieAsync(_shop, "carol", cancel));
        Assert.That(await ByCookieAsync(_hub, "GET", Unread, here, cancel), Is.EqualTo(200));
        Assert.That(await ByCookieAsync(_shop, "GET", Unread, there, cancel), Is.EqualTo(200));
        Assert.That(await ByCookieAsync(_shop, "GET", Unread, here, cancel), Is.EqualTo(401));
        Assert.That(await ByCookieAsync(_hub, "GET", Unread, there, cancel), Is.EqualTo(401));

        Assert.That(await ByCookieAsync(_hub, "DELETE", "/api/session", here, cancel), Is.EqualTo(204));
        Assert.That(await ByCookieAsync(_hub, "GET", Unread, here, cancel), Is.EqualTo(401));
        Assert.That(await _redis.AskAsync("XLEN", "hub:{ended}"), Is.EqualTo(["1"]));
        Assert.That(await _redis.AskAsync("EXISTS", $"{Other}:{{ended}}"), Is.EqualTo(["0"]));
    }

    [Test]
    public async Task Who_is_revoked_on_one_stays_in_on_the_other(CancellationToken cancel)
    {
        var (dora, eve) = (Tokens.For("dora"), Tokens.For("eve"));
        await DisconnectAsync(_hub, "dora", cancel);
        await Eventually.True("dora is out", async () => await StatusAsync(_hub, dora, cancel) == 401, cancel);
        // After this the other installation has read all of its revocations.
        await DisconnectAsync(_shop, "eve", cancel);
        await Eventually.True("eve is out", async () => await StatusAsync(_shop, eve, cancel) == 401, cancel);
        Assert.That(await StatusAsync(_shop, dora, cancel), Is.EqualTo(200));
        Assert.That(await StatusAsync(_hub, eve, cancel), Is.EqualTo(200));
    }

    [Test]
    public async Task Every_key_and_channel_begins_with_one_of_the_prefixes_and_both_have_the_same_kinds(CancellationToken cancel)
    {
        await using var redis = await RedisServers.StartAsync();
        await using var hub = await Node.StartAsync(redis, cancel: cancel);
        await using var shop = await Node.StartAsync(redis, new Dictionary<string, string> { ["Hub:Redis:Prefix"] = Other }, cancel: cancel);
        await using var used = new AsyncDisposables();
        foreach (var node in new[] { hub, shop }) await UseAsync(node, used, cancel);

        var scanned = await redis.AskAsync("SCAN", "0", "COUNT", "100000");
        Assert.That(scanned[0], Is.EqualTo("0"), "one call has shown all");
        string[] keys =
        [
            "log:{user:frank}", "head:{user:frank}", "once:{user:frank}:…", "acknowledged:{user:frank}", "claim:publisher\0key", "{nodes}",
            "{nodes}:key", "{nodes}:speaks", "{nodes}:versions", "secret:news", "keys:session", "ended:…", "{ended}", "{ended}:since",
            "{revoked}", "{revoked}:version",
        ];
        Assert.That(scanned.Skip(1).Select(Kind), Is.EquivalentTo(OfBoth(keys)));

        const string operators = "operators:Realtime.Server.Operations.Operators.OperatorsHub:";
        string[] channels =
        [
            "news:{all}", "news:{user:frank}", "beacon:…", "ended", "revoked", "refresh", "refreshed:…", operators + "all",
            operators + "internal:groups", operators + "internal:ack:…", operators + "internal:return:…", operators + "connection:…",
        ];
        await Eventually.True("all are subscribed", async () => (await ChannelsAsync()).Count == 2 * channels.Length, cancel);
        Assert.That(await ChannelsAsync(), Is.EquivalentTo(OfBoth(channels)));

        async Task<List<string>> ChannelsAsync() => [.. (await redis.AskAsync("PUBSUB", "CHANNELS")).Select(Kind)];
    }

    /// <summary>Makes a node use every kind of key and channel.</summary>
    private static async Task UseAsync(Node node, AsyncDisposables used, CancellationToken cancel)
    {
        var token = Tokens.For("frank");
        var reader = used.Add(await EventStreamReceiver.ConnectAsync(node.Address, token, "latest", cancel));
        Assert.That((await reader.NextAsync(cancel))!.Value.IsPosition());
        await node.Server.PublishAsync("frank", "order", cancel, "key");
        var cursor = (await node.Server.HistoryAsync(token, "?after=earliest", cancel)).GetProperty("cursor").GetString()!;
        Assert.That(await node.Server.AcknowledgeAsync(token, cursor, cancel), Is.EqualTo((200, (long?)0)));
        var cookie = await CookieAsync(node, "grace", cancel);
        Assert.That(await ByCookieAsync(node, "DELETE", "/api/session", cookie, cancel), Is.EqualTo(204));
        await DisconnectAsync(node, "heidi", cancel);
        await used.Add(await OperatorClient.ConnectAsync(node.Address, HttpTransportType.WebSockets, cancel)).SeesAsync(1, cancel);
    }

    private static IEnumerable<string> OfBoth(string[] names) => names.SelectMany(name => (string[])[$"hub:{name}", $"{Other}:{name}"]);

    /// <summary>The name without the id at its end.</summary>
    private static string Kind(string name)
    {
        var end = name.LastIndexOf(':');
        string[] numbered = [":beacon", ":refreshed", ":ended", ":once:{user:frank}", ":ack", ":return", ":connection"];
        return Array.Exists(numbered, part => name[..end].EndsWith(part, StringComparison.Ordinal)) ? $"{name[..end]}:…" : name;
    }

    private static async Task<long> UnreadAsync(Node node, string token, CancellationToken cancel) =>
        (await RawHttp.SendAsync(node.Address, "GET", Unread, token, null, cancel)).Json.GetProperty("unread").GetInt64();

    private static async Task<int> StatusAsync(Node node, string token, CancellationToken cancel) =>
        (await RawHttp.SendAsync(node.Address, "GET", Unread, token, null, cancel)).Status;

    private static async Task DisconnectAsync(Node node, string user, CancellationToken cancel) => Assert.That(
        (await RawHttp.SendAsync(node.Address, "POST", $"/api/admin/disconnect?user={user}", Admin, [], cancel)).Status, Is.EqualTo(202));

    private static async Task<string> CookieAsync(Node node, string user, CancellationToken cancel)
    {
        var begun = await RawHttp.SendAsync(node.Address, "POST", "/api/session", Tokens.For(user), [], cancel);
        return begun["Set-Cookie"]!.Split(';')[0];
    }

    private static async Task<int> ByCookieAsync(Node node, string method, string path, string cookie, CancellationToken cancel) =>
        (await RawHttp.SendAsync(node.Address, method, path, null, method == "GET" ? null : [], cancel, $"Cookie: {cookie}",
            "Sec-Fetch-Site: same-origin", $"Origin: {node.Address.GetLeftPart(UriPartial.Authority)}")).Status;
}
