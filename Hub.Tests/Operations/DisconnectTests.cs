using Realtime.Server.Security.Revocations;
using Realtime.Tests.Delivery;
using Realtime.Tests.Routing;
using Realtime.Tests.Support;

namespace Realtime.Tests.Operations;

/// <summary>One node, on the embedded store.</summary>
internal sealed class DisconnectOnOneNodeTests : DisconnectContract
{
    private ServerProcess _server = null!;

    protected override Uri Operator => _server.Address;

    protected override Uri Reader => _server.Address;

    [OneTimeSetUp]
    public async Task StartServerAsync() => _server = await ServerProcess.StartAsync(new ServerSettings
    {
        Environment = "Production",
        Settings = new Dictionary<string, string> { ["Hub:Auth:SigningKey"] = Tokens.SigningKey },
    });

    [OneTimeTearDown]
    public async Task StopServerAsync() => await _server.DisposeAsync();

    [Test]
    public async Task The_log_shows_who_was_disconnected_without_what_would_hide_it(CancellationToken cancel)
    {
        Assert.That(await PostAsync("eve\u202Enimda", """{"reason":"one\u2028two"}""", cancel), Is.EqualTo(202));
        await Eventually.True("it is logged", () =>
            _server.Output.Contains("User eve\\u202enimda was disconnected", StringComparison.Ordinal)
            && _server.Output.Contains("one\\u2028two", StringComparison.Ordinal), cancel);
        Assert.That(_server.Output, Does.Not.Contain("\u202E").And.Not.Contain("\u2028"));
    }

    [Test]
    public async Task Who_is_out_stays_out_over_a_kill(CancellationToken cancel)
    {
        var token = TokenOf("killed");
        Assert.That(await PostAsync("killed", """{"reason":"a kill must not bring anybody back"}""", cancel), Is.EqualTo(202));
        await _server.KillAsync();
        await _server.StartAgainAsync(cancel);
        Assert.That(await StatusAsync(token, cancel), Is.EqualTo(401), "from the first request on");
    }
}

/// <summary>Two nodes on one Redis: the operator is on one of them, the user on the other.</summary>
internal sealed class DisconnectOnTwoNodesTests : DisconnectContract
{
    private readonly AsyncDisposables _started = new();
    private IRedisServer _redis = null!;
    private Node _one = null!, _other = null!;

    protected override Uri Operator => _one.Address;

    protected override Uri Reader => _other.Address;

    [OneTimeSetUp]
    public async Task StartNodesAsync()
    {
        _redis = _started.Add(await RedisServers.StartAsync());
        var nodes = await Task.WhenAll(Node.StartAsync(_redis), Node.StartAsync(_redis));
        foreach (var node in nodes) _started.Add(node);
        (_one, _other) = (nodes[0], nodes[1]);
    }

    [OneTimeTearDown]
    public async Task StopNodesAsync() => await _started.DisposeAsync();

    [Test]
    public async Task A_node_that_starts_later_has_it_from_its_first_request_on(CancellationToken cancel)
    {
        var token = TokenOf("early");
        Assert.That(await PostAsync("early", null, cancel), Is.EqualTo(202));
        await using var late = await Node.StartAsync(_redis, cancel: cancel);
        Assert.That((await RawHttp.SendAsync(late.Address, "GET", "/api/notifications", token, null, cancel)).Status, Is.EqualTo(401));
    }

    [Test]
    public async Task A_lost_announcement_is_made_up_for_within_seconds(CancellationToken cancel)
    {
        var token = TokenOf("lost");
        await using var stream = await EventStreamReceiver.ConnectAsync(Reader, token, "latest", cancel);
        Assert.That((await stream.NextAsync(cancel))!.Value.IsPosition());
        // What another node stores, without its announcement.
        var revocation = new Revocation(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds());
        await _redis.AskAsync(database => database.HashSetAsync(DefaultNames.Keys.Revoked, "lost", revocation.Format()));
        await _redis.AskAsync(database => database.StringIncrementAsync(DefaultNames.Keys.RevokedVersion));
        var left = stream.TakeAllAsync(cancel);
        await Eventually.Ends("the stream ends", left, TimeSpan.FromSeconds(10), cancel);
        Assert.That((await left).Select(Items.Describe), Is.EqualTo(["closing revoked"]));
        await RequireOutAsync(token, cancel);
    }

    [Test]
    public async Task While_Redis_is_frozen_it_is_not_confirmed_and_what_is_known_counts(CancellationToken cancel)
    {
        var known = TokenOf("known");
        Assert.That(await PostAsync("known", null, cancel), Is.EqualTo(202));
        await RequireOutAsync(known, cancel);
        await _redis.FreezeAsync();
        try
        {
            Assert.That(await PostAsync("not yet", null, cancel), Is.EqualTo(503));
            Assert.That(await StatusAsync(known, cancel), Is.EqualTo(401));
        }
        finally
        {
            await _redis.ThawAsync();
        }
        await Eventually.True("it is confirmed", async () => await PostAsync("not yet", null, cancel) == 202, cancel);
        await RequireOutAsync(TokenOf("not yet", secondsFromNow: -10), cancel);
    }
}

/// <summary>The balancers under <c>deploy/</c> pass on every name as it was sent.</summary>
[CancelAfter(90_000)]
internal sealed class DisconnectThroughBalancersTests
{
    private readonly AsyncDisposables _started = new();
    private readonly Dictionary<string, Uri> _balancers = [];

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        var server = _started.Add(await TestServer.StartAsync());
        int[] ports = [server.Port, server.Port, server.Port];
        _balancers["nginx"] = _started.Add(await Balancer.StartNginxAsync(ports)).Address;
        _balancers["HAProxy"] = _started.Add(await Balancer.StartHaProxyAsync(ports)).Address;
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await _started.DisposeAsync();

    [Test]
    public async Task Any_name_can_be_named(
        [Values("nginx", "HAProxy")] string balancer, [Values("a/b", "..", "../x", "a,b;c", "a%2Fb", "a?b#c", "é 😀+&=")] string name,
        CancellationToken cancel)
    {
        var (hub, user) = (_balancers[balancer], $"{balancer} {name}");
        var target = $"/api/admin/disconnect?user={Uri.EscapeDataString(user)}";
        Assert.That(await StatusAsync("POST", target, Tokens.For("the operator", null, "admin")), Is.EqualTo(202));
        Assert.That(await StatusAsync("GET", "/api/notifications?limit=1", Tokens.For(user)), Is.EqualTo(401));
        Assert.That(await StatusAsync("DELETE", target, Tokens.For("the operator", null, "admin")), Is.EqualTo(202));
        Assert.That(await StatusAsync("GET", "/api/notifications?limit=1", Tokens.For(user)), Is.EqualTo(200));

        async Task<int> StatusAsync(string method, string path, string token) =>
            (await RawHttp.SendAsync(hub, method, path, token, method == "GET" ? null : [], cancel)).Status;
    }
}
