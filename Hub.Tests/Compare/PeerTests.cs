using System.Net;
using System.Text;
using Realtime.Compare.Contenders;
using Realtime.Compare.Load;
using Realtime.Compare.Measuring;
using Realtime.Compare.Scenarios;
using Realtime.Compare.Server;
using Realtime.Tests.Support;

namespace Realtime.Tests.Compare;

/// <summary>The small servers that the hub is compared with, and their readers.</summary>
[CancelAfter(120_000)]
internal sealed class PeerTests
{
    private const int Readers = 4;
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Dictionary<ServerProgram, (OwnServer Own, Target Target)> _servers = [];

    private static IEnumerable<string> Names => AllContenders.Peers.Select(contender => contender.Name);

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        foreach (var program in new[] { ServerProgram.Stock, ServerProgram.Bare })
        {
            var own = await OwnServer.StartAsync(program, TimeProvider.System, CancellationToken.None);
            _servers[program] = (own, Target.Of(own));
        }
    }

    [OneTimeTearDown]
    public async Task EndAsync()
    {
        foreach (var (own, target) in _servers.Values)
        {
            target.Dispose();
            await own.DisposeAsync();
        }
    }

    [TestCaseSource(nameof(Names))]
    public async Task A_peer_brings_everything_once_while_its_readers_are_there_and_loses_it_at_a_cut(
        string name, CancellationToken cancel)
    {
        var contender = Contender(name);
        await using var session = await Session.OpenAsync(BenchOf(contender), contender, cancel);
        foreach (var scenario in ScenarioCatalog.Usual(quick: true, nodes: 1).OfType<IRoundScenario>())
        {
            var measured = await scenario.RunAsync(session, Duration, Patience, cancel);
            var isCut = scenario is CutScenario;
            Assert.Multiple(() =>
            {
                Assert.That((measured.Doubled, measured.Astray, measured.Refused), Is.EqualTo((0, 0, 0)), scenario.Name);
                Assert.That(measured.Lost, isCut ? Is.Positive : Is.Zero, scenario.Name);
                if (isCut) Assert.That(measured.Figures, Does.ContainKey(Figure.LostAtCut).And.Not.ContainKey(Figure.CatchUp));
                if (isCut) Assert.That(measured.Figures[Figure.LostAtCut], Is.EqualTo(5.0 * measured.Lost), "of twenty");
                if (scenario == ScenarioCatalog.Steady) Assert.That(measured.Latency!.Count, Is.EqualTo(20));
            });
        }
    }

    [Test]
    public async Task A_proxy_that_buffers_stops_event_streams_of_every_server(CancellationToken cancel)
    {
        var measured = await Task.WhenAll(AllContenders.Peers.Select(
            contender => new BufferingProxyScenario().RunAsync(BenchOf(contender), contender, Patience, cancel)));
        Assert.That(
            measured.Select(one => one.Figures[Figure.ThroughBuffering]), Is.EqualTo([100, 0, 100, 0]), string.Join(' ', Names));
    }

    [TestCase("stock", "/hubs/stock/negotiate?negotiateVersion=1", "POST")]
    [TestCase("bare", "/events", "GET")]
    public async Task A_peer_checks_tokens_as_the_hub_does(string peer, string path, string method, CancellationToken cancel)
    {
        var (own, _) = Server(peer);
        var foreign = new AccessTokens(TimeProvider.System);
        Assert.Multiple(async () =>
        {
            Assert.That(await StatusAsync(own, path, method, null, cancel), Is.EqualTo(HttpStatusCode.Unauthorized));
            Assert.That(
                await StatusAsync(own, path, method, foreign.Reader("r", "g"), cancel), Is.EqualTo(HttpStatusCode.Unauthorized), "its key");
            Assert.That(await StatusAsync(own, path, method, own.Tokens.Reader("r", "g"), cancel), Is.EqualTo(HttpStatusCode.OK));
            Assert.That(await PublishAsync(own, null, cancel), Is.EqualTo(HttpStatusCode.Unauthorized));
            Assert.That(await PublishAsync(own, own.Tokens.Reader("r", "g"), cancel), Is.EqualTo(HttpStatusCode.Forbidden));
            Assert.That(await PublishAsync(own, own.Tokens.Publisher(), cancel), Is.EqualTo(HttpStatusCode.Accepted));
        });
    }

    [Test]
    public async Task A_second_bare_stream_of_a_user_ends_the_first(CancellationToken cancel)
    {
        var (own, _) = _servers[ServerProgram.Bare];
        var token = own.Tokens.Reader("twice", "g");
        var (first, second) = (new Seat(own.Address, token, _ => { }), new Seat(own.Address, token, _ => { }));
        var contender = Contender("Bare");
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var reading = contender.ReadAsync(first, cancel);
        await first.Open.WaitAsync(Patience, TimeProvider.System, cancel);
        var other = contender.ReadAsync(second, leaving.Token);
        await second.Open.WaitAsync(Patience, TimeProvider.System, cancel);
        await reading.WaitAsync(Patience, TimeProvider.System, cancel);
        Assert.That(other.IsCompleted, Is.False, "the second one goes on");
        await leaving.CancelAsync();
        await other.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    [TestCase("ServerSentEvents")]
    [TestCase("StockServerSentEvents")]
    public async Task Without_affinity_connects_to_stock_SignalR_fail_and_those_to_the_hub_do_not(string name, CancellationToken cancel)
    {
        Requires.Command("redis-server");
        Requires.Command("nginx");
        var contender = Contender(name);
        var isStock = contender.Server == ServerProgram.Stock;
        await using var servers = await Deployments.StartAsync([contender.Server], nodes: 3, TimeProvider.System, cancel);
        var bench = new Benches(servers, target => new(target, new(), TimeProvider.System, Readers, Rate: 40, PayloadBytes: 0))
            .Of(contender);
        await using var session = await Session.OpenAsync(bench, contender, cancel);
        var steady = await ScenarioCatalog.Steady.RunAsync(session, Duration, Patience, cancel);
        var measured = await new NoAffinityScenario().RunAsync(session, Duration, Patience, cancel);
        var figures = measured.Figures;
        Assert.Multiple(() =>
        {
            Assert.That((steady.Lost, steady.Doubled), Is.EqualTo((0, 0)), "each has the proxy that it needs");
            Assert.That(figures[Figure.FailedConnects], isStock ? Is.GreaterThan(20) : Is.Zero);
            if (!isStock) Assert.That(figures[Figure.SubscribedWithoutAffinity], Is.EqualTo(100));
            Assert.That(figures.ContainsKey(Figure.Forwarded), Is.EqualTo(!isStock), "stock nodes forward nothing");
        });
    }

    [Test]
    public async Task A_reader_that_cannot_connect_is_a_result_and_not_the_end(CancellationToken cancel)
    {
        var contender = Contender("Bare");
        await using var session = await Session.TryOpenAsync(BenchOf(contender), contender, Duration, cancel, wire => wire.Cut());
        await Eventually.True("a connect has failed, and no other", () => session.ShareOfFailedConnects == 1, cancel);
        Assert.That(session.ShareSubscribed, Is.Zero);
        session.Wire.Mend();
        await Eventually.True("its readers try again", () => session.ShareSubscribed == 1, cancel);
        Assert.That(session.ShareOfFailedConnects, Is.GreaterThan(0).And.LessThan(1), "those of before count");
        Assert.That(session.LostConnections, Is.Zero, "a connect that failed is no lost connection");
    }

    [Test]
    public void The_bare_server_takes_no_part_where_several_nodes_are_needed() => Assert.Multiple(() =>
    {
        var scenarios = ScenarioCatalog.All.OfType<IRoundScenario>().ToList();
        Assert.That(scenarios.Where(scenario => !scenario.Suits(ServerProgram.Bare)), Is.EqualTo([ScenarioCatalog.NoAffinity]));
        Assert.That(scenarios.Where(scenario => !scenario.Suits(ServerProgram.Stock)), Is.Empty);
    });

    private static async Task<HttpStatusCode> StatusAsync(
        OwnServer own, string path, string method, string? token, CancellationToken cancel, string? body = null)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = own.Address };
        using var request = new HttpRequestMessage(new(method), new Uri(path, UriKind.Relative));
        if (token is not null) request.Headers.Authorization = new("Bearer", token);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
        return answer.StatusCode;
    }

    private static Task<HttpStatusCode> PublishAsync(OwnServer own, string? token, CancellationToken cancel) =>
        StatusAsync(own, "/api/notifications", "POST", token, cancel, new Orders().Body("""{"everyone":true}""", 1, 0, 0));

    private Bench BenchOf(IContender contender) =>
        new(_servers[contender.Server].Target, new(), TimeProvider.System, Readers, Rate: 40, PayloadBytes: 0);

    private (OwnServer Own, Target Target) Server(string name) => _servers.Single(server => server.Key.Name == name).Value;

    private static IContender Contender(string name) => AllContenders.WithPeers.Single(contender => contender.Name == name);
}
