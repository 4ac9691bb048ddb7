using Realtime.Tests.Delivery;
using Realtime.Tests.Routing;
using Realtime.Tests.Support;

namespace Realtime.Tests.Operations.Answers;

/// <summary>One node, on the embedded store.</summary>
internal sealed class AnswersOfOneNodeTests : AnswersContract
{
    private ServerProcess _server = null!;

    protected override Uri Hub => _server.Address;

    [OneTimeSetUp]
    public async Task StartServerAsync() => _server = await TestServer.StartAsync();

    [OneTimeTearDown]
    public async Task StopServerAsync() => await _server.DisposeAsync();

    [Test]
    public async Task The_log_shows_who_was_erased_without_what_would_hide_it(CancellationToken cancel)
    {
        await using var server = await ServerProcess.StartAsync(new ServerSettings
        {
            Environment = "Production",
            Settings = new Dictionary<string, string> { ["Hub:Auth:SigningKey"] = Tokens.SigningKey },
        }, cancel);
        var body = """{"user":"eve\u202Enimda","confirm":"eve\u202Enimda"}"""u8.ToArray();
        var answer = await RawHttp.SendAsync(server.Address, "POST", "/api/admin/erase", Tokens.For("o\u2028p", null, "admin"), body, cancel,
            "Content-Type: application/json");
        Assert.That(answer.Status, Is.EqualTo(202), answer.Text);
        await Eventually.True("it is logged", () => server.Output.Contains(
            "What is stored of user eve\\u202enimda was erased by o\\u2028p: 0 notifications", StringComparison.Ordinal), cancel);
        Assert.That(server.Output, Does.Not.Contain("\u202E").And.Not.Contain("\u2028"));
    }
}

/// <summary>Three nodes on Redis, through a balancer that sends each request to the next of them.</summary>
internal sealed class AnswersOfThreeNodesTests : AnswersContract
{
    private readonly AsyncDisposables _started = new();
    private Node[] _nodes = [];
    private Balancer _balancer = null!;

    protected override Uri Hub => _balancer.Address;

    [OneTimeSetUp]
    public async Task StartNodesAsync()
    {
        var redis = _started.Add(await RedisServers.StartAsync());
        _nodes = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Node.StartAsync(redis)));
        foreach (var node in _nodes) _started.Add(node);
        _balancer = _started.Add(await Balancer.StartNginxAsync([.. _nodes.Select(node => node.Server.Port)]));
        foreach (var node in _nodes) await node.KnowsAsync(_nodes.Length);
    }

    [OneTimeTearDown]
    public async Task StopNodesAsync() => await _started.DisposeAsync();

    [Test]
    public async Task A_node_that_does_not_answer_within_a_second_makes_presence_incomplete(CancellationToken cancel)
    {
        Requires.Signals();
        const string Path = "/api/presence?user=x";
        _nodes[2].Server.Send(Signal.Stop);
        try
        {
            var began = TimeProvider.System.GetTimestamp();
            var answer = await RawHttp.SendAsync(_nodes[0].Address, "GET", Path, Tokens.Publisher(), null, cancel);
            Assert.That(answer.Text, Is.EqualTo("""{"users":{"x":0},"complete":false}"""));
            Assert.That(TimeProvider.System.GetElapsedTime(began), Is.LessThan(TimeSpan.FromSeconds(10)));
        }
        finally
        {
            _nodes[2].Server.Send(Signal.Continue);
        }
        await Eventually.True("it answers again", async () => (await RawHttp.SendAsync(
            _nodes[0].Address, "GET", Path, Tokens.Publisher(), null, cancel)).Text.Contains("true", StringComparison.Ordinal), cancel);
    }

    [Test]
    public async Task A_node_that_cannot_be_told_to_erase_is_named_within_seconds(CancellationToken cancel)
    {
        Requires.Signals();
        _nodes[2].Server.Send(Signal.Stop);
        try
        {
            var answer = await RawHttp.SendAsync(_nodes[0].Address, "POST", "/api/admin/erase", Tokens.For("the operator", null, "admin"),
                """{"user":"x","confirm":"x"}"""u8.ToArray(), cancel, "Content-Type: application/json");
            Assert.That(answer.Status, Is.EqualTo(202), answer.Text);
            var silent = answer.Json.GetProperty("silent").EnumerateArray().Single();
            Assert.That((new Uri(silent.GetProperty("address").GetString()!), silent.GetProperty("reason").GetString()),
                Is.EqualTo((_nodes[2].Link.Address, "no-answer")));
            Assert.That(answer.Json.GetProperty("stays").EnumerateArray().Select(it => it.GetString()), Has.Some.Contains("memory"));
        }
        finally
        {
            _nodes[2].Server.Send(Signal.Continue);
        }
        await _nodes[0].KnowsAsync(_nodes.Length);
    }
}
