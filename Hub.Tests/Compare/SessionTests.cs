using Realtime.Compare.Contenders;
using Realtime.Compare.Load;
using Realtime.Compare.Measuring;
using Realtime.Compare.Scenarios;
using Realtime.Compare.Server;
using Realtime.Compare.Statistics;
using Realtime.Compare.Wire;
using Realtime.Tests.Support;

namespace Realtime.Tests.Compare;

/// <summary>Contenders, sound and sabotaged, on the real server.</summary>
[CancelAfter(120_000)]
internal sealed class SessionTests
{
    private const int Readers = 4;
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private OwnServer _server = null!;
    private Target _target = null!;
    private Bench _bench = null!;

    private static IEnumerable<string> Names => AllContenders.All.Select(contender => contender.Name);

    private static IEnumerable<Sabotage> Kinds => Enum.GetValues<Sabotage>();

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _server = await OwnServer.StartAsync(ServerProgram.Hub, TimeProvider.System, CancellationToken.None);
        _target = Target.Of(_server);
        _bench = new(_target, new(), TimeProvider.System, Readers, Rate: 40, PayloadBytes: 0);
    }

    [OneTimeTearDown]
    public async Task EndAsync()
    {
        _target.Dispose();
        await _server.DisposeAsync();
    }

    [TestCaseSource(nameof(Names))]
    public async Task Every_contender_brings_everything_once_also_across_a_cut(string name, CancellationToken cancel)
    {
        await using var session = await Session.OpenAsync(_bench, Contender(name), cancel);
        foreach (var scenario in ScenarioCatalog.Usual(quick: false, nodes: 1).OfType<IRoundScenario>())
        {
            var measured = await scenario.RunAsync(session, Duration, Patience, cancel);
            Assert.Multiple(() =>
            {
                Assert.That((measured.Lost, measured.Doubled, measured.Astray, measured.Refused), Is.EqualTo((0, 0, 0, 0)), scenario.Name);
                Assert.That(measured.Figures, Is.Not.Empty, scenario.Name);
                Assert.That(measured.Figures.Values, Has.All.Matches<double>(double.IsFinite), scenario.Name);
            });
            if (scenario is CutScenario) Assert.That(measured.Figures[Figure.LostAtCut], Is.Zero);
            if (scenario == ScenarioCatalog.Steady)
            {
                Assert.That(measured.Latency!.Count, Is.EqualTo(20), "40 a second for half a second");
                Assert.That(measured.Figures[Figure.BytesDown], Is.GreaterThan(200), "an order is longer than that");
                Assert.That(measured.Figures[Figure.ServerCpu], Is.Positive);
            }
        }
    }

    [Test]
    public async Task Idle_readers_are_measured_on_a_server_of_their_own(CancellationToken cancel)
    {
        var measured = await new IdleScenario(readers: 50, silence: Duration).RunAsync(
            _bench, Contender("ServerSentEvents"), Patience, cancel);
        Assert.Multiple(() =>
        {
            Assert.That(measured.Figures[Figure.MemoryPerConnection], Is.Positive);
            Assert.That(measured.Figures[Figure.HeldConnections], Is.EqualTo(2), "the stream, and the one for what the reader sends");
            Assert.That(measured.Figures, Does.ContainKey(Figure.IdleCpu).And.ContainKey(Figure.IdleBytesPerSecond));
        });
    }

    [Test]
    public async Task Only_event_streams_are_held_back_by_a_buffering_proxy(CancellationToken cancel)
    {
        var measured = await OfAllAsync(new BufferingProxyScenario(), cancel);
        Assert.That(
            measured.Select(one => one.Figures[Figure.ThroughBuffering]), Is.EqualTo([100, 0, 100, 0, 100]), string.Join(' ', Names));
        Assert.That(
            measured.Select(one => one.Lost + one.Doubled + one.Astray + one.Refused), Has.All.Zero, "what waits in the log is not lost");
    }

    [Test]
    public async Task Six_connections_are_enough_for_those_who_hold_none(CancellationToken cancel)
    {
        var measured = await OfAllAsync(new SixConnectionsScenario(), cancel);
        // Of twelve. SignalR's sixth event stream or poll is open, but has no connection left to send its subscription on.
        const double Five = 500.0 / 12;
        Assert.That(measured.Select(one => one.Figures[Figure.ServedOverSix]), Is.EqualTo([100, Five, Five, 50, 100])
            .Within(0.01), string.Join(' ', Names));
    }

    [Test]
    public async Task What_an_idle_cut_costs_is_seen_and_nothing_is_lost_by_it(CancellationToken cancel)
    {
        // Shorter than the heartbeat of 15 s, longer than the one second between polls.
        var measured = await OfAllAsync(new IdleCutScenario(limit: TimeSpan.FromSeconds(3), silence: TimeSpan.FromSeconds(5)), cancel);
        Assert.Multiple(() =>
        {
            Assert.That(measured.Select(one => one.Figures[Figure.LostWhileIdle] >= 1), Is.EqualTo([true, true, true, true, false]),
                string.Join(' ', Names));
            Assert.That(measured.Select(one => one.Lost + one.Doubled + one.Astray + one.Refused), Has.All.Zero);
        });
    }

    [TestCaseSource(nameof(Kinds))]
    public async Task A_sabotaged_contender_is_caught_and_named(Sabotage kind, CancellationToken cancel)
    {
        var sound = await SteadyAsync(AllContenders.All[0], Patience, cancel);
        // Dropped items never arrive, so two seconds suffice; late or duplicate ones must not count as dropped on a slow machine.
        var sabotaged = await SteadyAsync(AllContenders.Controls[(int)kind], kind == Sabotage.Drops
            ? TimeSpan.FromSeconds(2)
            : Patience, cancel);
        Assert.That(Findings.Of(sound, sound), Is.Empty, "the sound one");
        Assert.That(Findings.Of(sabotaged, sound), Is.EqualTo([kind.ToString().ToLowerInvariant()]));
        Assert.That(sabotaged.Lost
            + sabotaged.Doubled, Is.EqualTo(kind == Sabotage.Delays ? 0 : 20 / SabotagedContender.Every), "every one of them");
    }

    [Test]
    public async Task A_server_that_stalls_cannot_hide_it(CancellationToken cancel)
    {
        Requires.Signals();
        await using var session = await Session.OpenAsync(_bench, AllContenders.All[0], cancel);
        _server.Process.Send(Signal.Stop);
        Task<Delivered> delivering;
        try
        {
            delivering = session.DeliverAsync(everybody: false, Duration, Patience, cancel);
            await Task.Delay(Duration, TimeProvider.System, cancel);
        }
        finally
        {
            _server.Process.Send(Signal.Continue);
        }
        var latency = (await delivering).Balance.Latency;
        Assert.Multiple(() =>
        {
            Assert.That(latency.Count, Is.EqualTo(20), "all were sent at their time, whether the server answered or not");
            Assert.That(latency.Max, Is.GreaterThanOrEqualTo(Duration.TotalMicroseconds * 0.9), "the first was due before the stall");
            Assert.That(
                latency.ValueAt(0.5), Is.GreaterThanOrEqualTo(Duration.TotalMicroseconds * 0.4), "and half of them during its first half");
        });
    }

    [Test]
    public async Task Waiting_for_the_server_is_not_the_publishers_own_lateness(CancellationToken cancel)
    {
        const int InFlight = 256, Count = 300;
        await using var proxy = new TcpProxy(_target.Address.Port) { ToServer = Flow.Stall };
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = proxy.Address };
        http.DefaultRequestHeaders.Authorization = new("Bearer", _server.Tokens.Publisher());
        var time = new ManualTime();
        var (loop, ledger) = (new OpenLoop(http, new(), time), new Ledger(0, time));
        // All of them are due within one unit of this clock.
        var publishing = loop.RunAsync(
            ledger, 0, n => _target.One(0, n, Readers), (double)Count * TimeSpan.TicksPerSecond, new TimeSpan(ticks: 1), 0, cancel);
        await Eventually.True("no more may be in flight", () => loop.Sent == InFlight, cancel);
        time.Advance(TimeSpan.FromSeconds(10));
        proxy.ToServer = Flow.Pass;
        await publishing.WaitAsync(Patience, TimeProvider.System, cancel);
        Assert.Multiple(() =>
        {
            Assert.That((loop.Sent, loop.Refused), Is.EqualTo((Count, 0)));
            Assert.That(loop.Lateness.ValueAt(0.99), Is.Zero, "the stall was the server's");
            Assert.That(ledger.Balance().Lost, Is.EqualTo(Count), "nobody was there to read");
        });
    }

    [Test]
    public async Task A_contender_that_brings_nothing_has_no_latency_but_losses(CancellationToken cancel)
    {
        await using var session = await Session.OpenAsync(_bench, new Deaf(AllContenders.All[0]), cancel);
        var steady = await ScenarioCatalog.Steady.RunAsync(session, Duration, TimeSpan.FromSeconds(1), cancel);
        var cut = await ScenarioCatalog.All.OfType<CutScenario>().Single().RunAsync(session, Duration, TimeSpan.FromSeconds(1), cancel);
        Assert.Multiple(() =>
        {
            Assert.That(steady.Lost, Is.EqualTo(20));
            Assert.That(
                steady.Figures.Keys, Has.None.EqualTo(Figure.P50).And.None.EqualTo(Figure.BytesDown), "zeros would be the best of all");
            Assert.That(cut.Figures[Figure.CatchUp], Is.Positive, "it never had everything");
        });
    }

    [Test]
    public async Task The_wire_counts_what_a_byte_exact_proxy_behind_it_counts(CancellationToken cancel)
    {
        const int Requests = 7;
        await using var proxy = new TcpProxy(_target.Address.Port);
        await using var wire = new CountedWire(proxy.Address, TimeProvider.System);
        using (var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = wire.Address })
        {
            for (var i = 0; i < Requests; i++) await http.GetStringAsync(new Uri("/health/live", UriKind.Relative), cancel);
        }
        await Eventually.True("both have counted the last bytes", () => wire.Traffic.Up == proxy.BytesToServer
            && wire.Traffic.Down == proxy.BytesToClient, cancel);
        Assert.Multiple(() =>
        {
            Assert.That(wire.Traffic.Requests, Is.EqualTo(Requests));
            Assert.That(wire.Traffic.Connections, Is.EqualTo(1).And.EqualTo(proxy.Accepted));
            Assert.That(wire.Traffic.Up, Is.GreaterThan(Requests * "GET /health/live HTTP/1.1".Length));
        });
    }

    /// <summary>Connects, and drops every item.</summary>
    private sealed class Deaf(IContender inner) : IContender
    {
        public string Name => "deaf";

        public Task ReadAsync(Seat seat, CancellationToken cancel) => inner.ReadAsync(seat.Behind(_ => _ => { }), cancel);
    }

    private Task<Measured[]> OfAllAsync(IOnceScenario scenario, CancellationToken cancel) =>
        Task.WhenAll(AllContenders.All.Select(contender => scenario.RunAsync(_bench, contender, Patience, cancel)));

    private static IContender Contender(string name) => AllContenders.All.Single(contender => contender.Name == name);

    private async Task<ScenarioSummary> SteadyAsync(IContender contender, TimeSpan patience, CancellationToken cancel)
    {
        await using var session = await Session.OpenAsync(_bench, contender, cancel);
        var measured = await ScenarioCatalog.Steady.RunAsync(session, Duration, patience, cancel);
        return new("steady", measured.Lost, measured.Doubled, measured.Astray, measured.Refused, measured.Delivers, measured.LoadBound,
            measured.Latency,
            [.. measured.Figures.Select(
                figure => new FigureSummary(figure.Key, Bootstrap.MedianOf([figure.Value], 1), [figure.Value], null, null))]);
    }
}
