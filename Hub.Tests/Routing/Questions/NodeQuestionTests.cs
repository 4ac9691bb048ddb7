using System.Net.Http.Json;
using System.Text.Json;
using Realtime.Tests.Delivery;
using Realtime.Tests.Support;

namespace Realtime.Tests.Routing.Questions;

/// <summary>One node answers for all: <c>GET /api/admin/stats?nodes=all</c>.</summary>
[CancelAfter(90_000)]
internal sealed class NodeQuestionTests
{
    private static readonly string Admin = Tokens.For("operator", null, "admin");

    private readonly AsyncDisposables _started = new();
    private Node[] _nodes = [];

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        var redis = _started.Add(await RedisServers.StartAsync());
        _nodes = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Node.StartAsync(redis)));
        foreach (var node in _nodes) _started.Add(node);
        foreach (var node in _nodes)
            await Eventually.True("the nodes know each other", async () => (await AskAsync(node)).Nodes.Count == 3);
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await _started.DisposeAsync();

    [Test]
    public async Task Every_node_gives_the_statistics_of_all(CancellationToken cancel)
    {
        var (user, sent) = ("counted", 5);
        for (var n = 0; n < sent; n++) await _nodes[1].Server.PublishAsync(user, $"{n}", cancel);
        foreach (var node in _nodes)
        {
            var (nodes, silent) = await AskAsync(node);
            Assert.That(silent, Is.Empty);
            Assert.That(nodes.Select(it => it.GetProperty("id").GetString()).Distinct().Count(), Is.EqualTo(3));
            Assert.That(nodes.Sum(it => it.GetProperty("published").GetInt64()), Is.EqualTo(sent));
        }
        using var one = await _nodes[0].Server.Http.SendAsync(TestServer.Request(HttpMethod.Get, "/api/admin/stats", Admin), cancel);
        Assert.That((await one.Content.ReadFromJsonAsync<JsonElement>(cancel)).EnumerateObject().Select(it => it.Name),
            Is.EqualTo(["nodes"]), "as before");
    }

    [Test]
    public async Task A_node_that_does_not_answer_within_a_second_is_listed_as_silent(CancellationToken cancel)
    {
        _nodes[2].Server.Send(Signal.Stop);
        try
        {
            var began = TimeProvider.System.GetTimestamp();
            var (nodes, silent) = await AskAsync(_nodes[0]);
            Assert.That(TimeProvider.System.GetElapsedTime(began), Is.LessThan(TimeSpan.FromSeconds(10)));
            Assert.That(nodes, Has.Count.EqualTo(2));
            Assert.That(silent.Select(it => new Uri(it.GetProperty("address").GetString()!)), Is.EqualTo([_nodes[2].Link.Address]));
        }
        finally
        {
            _nodes[2].Server.Send(Signal.Continue);
        }
        await Eventually.True("it answers again", async () => (await AskAsync(_nodes[0])).Silent.Count == 0, cancel);
    }

    [Test]
    public async Task Only_an_administrator_may_ask_and_other_values_are_refused(CancellationToken cancel)
    {
        const string Path = "/api/admin/stats?nodes=";
        (await RawHttp.SendAsync(_nodes[0].Address, "GET", Path + "all", Tokens.For("ann"), null, cancel)).IsProblem(403);
        foreach (var wrong in new[] { "", "one", "ALL", "all&nodes=all" })
        {
            var refused = await RawHttp.SendAsync(_nodes[0].Address, "GET", Path + wrong, Admin, null, cancel);
            refused.IsProblem(400);
            Assert.That(refused.Json.GetProperty("errors").GetProperty("nodes")[0].GetString(), Does.StartWith("Expected all"));
        }
    }

    [TestCase("")]
    [TestCase("X-Hub-Forwarded: ")]
    [TestCase("X-Hub-Forwarded: AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [TestCase("X-Hub-Forwarded: 1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task The_address_between_nodes_is_not_there_for_anybody_else(string header, CancellationToken cancel)
    {
        var at = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var question = """{"question":"stats","arguments":{}}"""u8.ToArray();
        foreach (var (method, body) in new (string, byte[]?)[] { ("POST", question), ("GET", null) })
        {
            var answer = await RawHttp.SendAsync(
                _nodes[0].Address, method, $"/nodes/questions?at={at}", Admin, body, cancel,
                header.Length == 0 ? ["Content-Type: application/json"] : ["Content-Type: application/json", header]);
            Assert.That(answer.Status, Is.EqualTo(404));
        }
    }

    private static async Task<(List<JsonElement> Nodes, List<JsonElement> Silent)> AskAsync(Node node)
    {
        using var answer = await node.Server.Http.SendAsync(TestServer.Request(HttpMethod.Get, "/api/admin/stats?nodes=all", Admin));
        var json = await answer.Content.ReadFromJsonAsync<JsonElement>();
        return ([.. json.GetProperty("nodes").EnumerateArray()], [.. json.GetProperty("silent").EnumerateArray()]);
    }
}
