using Realtime.Tests.Support;

namespace Realtime.Tests.Routing;

/// <summary>A place among the negotiated connections is freed whichever node opens the connection.</summary>
[CancelAfter(60_000)]
internal sealed class PendingPlaceTests
{
    private static readonly Dictionary<string, string> OnePlace = new() { ["Hub:Limits:PendingNegotiations"] = "1" };

    private readonly AsyncDisposables _started = new();
    private Node[] _nodes = null!;

    [OneTimeSetUp]
    public async Task StartNodesAsync()
    {
        var redis = _started.Add(await RedisServers.StartAsync());
        _nodes = await Task.WhenAll(Node.StartAsync(redis, OnePlace), Node.StartAsync(redis, OnePlace));
        foreach (var node in _nodes) _started.Add(node);
    }

    [OneTimeTearDown]
    public async Task StopNodesAsync() => await _started.DisposeAsync();

    [TestCase("/hubs/orders")]
    [TestCase("/hubs/operators")]
    public async Task Clients_that_return_one_after_the_other_and_open_their_WebSockets_on_another_node_meet_no_false_limit(string hub)
    {
        var cancel = TestContext.CurrentContext.CancellationToken;
        var bearer = Tokens.For("alice", roles: ["admin"]);
        for (var n = 0; n < 5; n++)
        {
            RawConnection? connection = null;
            await Eventually.True("there is a place", async () =>
            {
                if (await NegotiateAsync(hub, bearer, cancel) is not { } token) return false;
                connection = new(token, bearer, hub);
                return true;
            }, TimeSpan.FromSeconds(5), cancel);
            Assert.That((await connection!.OpenWebSocketAsync(_nodes[1].Address, cancel)).Status, Is.EqualTo(101), $"{n}");
        }
    }

    [Test]
    public async Task A_WebSocket_that_another_node_refuses_gives_no_place_back(CancellationToken cancel)
    {
        var token = "";
        await Eventually.True("there is a place",
            async () => (token = await NegotiateAsync("/hubs/orders", Tokens.For("alice"), cancel) ?? "").Length > 0,
            TimeSpan.FromSeconds(5), cancel);
        var stolen = new RawConnection(token, Tokens.For("eve"));
        Assert.That((await stolen.OpenWebSocketAsync(_nodes[1].Address, cancel)).Status, Is.EqualTo(404));
        Assert.That(await NegotiateAsync("/hubs/orders", Tokens.For("bob"), cancel), Is.Null);
        Assert.That(
            (await stolen.As(otherBearer: Tokens.For("alice")).OpenWebSocketAsync(_nodes[1].Address, cancel)).Status, Is.EqualTo(101));
    }

    /// <returns>The token; null: there is no place.</returns>
    private async Task<string?> NegotiateAsync(string hub, string bearer, CancellationToken cancel)
    {
        var answer = await RawHttp.SendAsync(_nodes[0].Address, "POST", $"{hub}/negotiate?negotiateVersion=1", bearer, [], cancel);
        if (answer.Status == 429) return null;
        Assert.That(answer.Status, Is.EqualTo(200), answer.Text);
        return answer.Json.GetProperty("connectionToken").GetString()!;
    }
}
