using Realtime.Compare.Contenders;
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

    private static IEnumerable<string> Names => Field.All.Select(contender => contender.Name);

    private static IEnumerable<Sabotage> Kinds => Enum.GetValues<Sabotage>();

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _server = await OwnServer.StartAsync(TimeProvider.System, CancellationToken.None);
        _target = Target.Of(_server);
        _bench = new(_target, new(), TimeProvider.System, Readers, Rate: 40, PayloadBytes: 0);
    }

    [OneTimeTearDown]
    public async Task EndAsync() => await _server.DisposeAsync();

    [TestCaseSource(nameof(Names))]
    public async Task Every_contender_brings_everything_once_also_across_a_cut(string name, CancellationToken cancel)
    {
        var contender = Field.All.Single(contender => contender.Name == name);
        await using var session = await Session.OpenAsync(_bench, contender, cancel);
        foreach (var scenario in Programme.All)
        {
            var measured = await scenario.RunAsync(session, Duration, Patience, cancel);
            Assert.Multiple(() =>
            {
                Assert.That((measured.Lost, measured.Doubled, measured.Astray, measured.Refused), Is.EqualTo((0, 0, 0, 0)), scenario.Name);
                Assert.That(measured.Figures, Is.Not.Empty, scenario.Name);
                Assert.That(measured.Figures.Values, Has.All.Matches<double>(double.IsFinite), scenario.Name);
            });
            if (measured.Figures.TryGetValue(Figure.ThroughBuffering, out var share))
                Assert.That(share, Is.EqualTo(name is "ServerSentEvents" or "EventSource" ? 0 : 100), "event streams are held back, and nothing else");
            if (scenario == Programme.Steady)
            {
                Assert.That(measured.Latency!.Count, Is.EqualTo(20), "40 a second for half a second");
                Assert.That(measured.Figures[Figure.BytesDown], Is.GreaterThan(200), "an order is longer than that");
                Assert.That(measured.Figures[Figure.ServerCpu], Is.Positive);
            }
        }
    }

    [TestCaseSource(nameof(Kinds))]
    public async Task A_sabotaged_contender_is_caught_and_named(Sabotage kind, CancellationToken cancel)
    {
        var sound = await SteadyAsync(Field.All[0], Patience, cancel);
        var sabotaged = await SteadyAsync(Field.Controls[(int)kind], TimeSpan.FromSeconds(2), cancel);
        Assert.That(Findings.Of(sound, sound), Is.Empty, "the sound one");
        Assert.That(Findings.Of(sabotaged, sound), Is.EqualTo([kind.ToString().ToLowerInvariant()]));
        Assert.That(sabotaged.Lost + sabotaged.Doubled, Is.EqualTo(kind == Sabotage.Delays ? 0 : 20 / SabotagedContender.Every), "every one of them");
    }

    [Test]
    public async Task A_server_that_stalls_cannot_hide_it(CancellationToken cancel)
    {
        Requires.Signals();
        await using var session = await Session.OpenAsync(_bench, Field.All[0], cancel);
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
            Assert.That(latency.ValueAt(0.5), Is.GreaterThanOrEqualTo(Duration.TotalMicroseconds * 0.4), "and half of them during its first half");
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
        await Eventually.True("both have counted the last bytes", () => wire.Traffic.Up == proxy.BytesToServer && wire.Traffic.Down == proxy.BytesToClient, cancel);
        Assert.Multiple(() =>
        {
            Assert.That(wire.Traffic.Requests, Is.EqualTo(Requests));
            Assert.That(wire.Traffic.Connections, Is.EqualTo(1).And.EqualTo(proxy.Accepted));
            Assert.That(wire.Traffic.Up, Is.GreaterThan(Requests * "GET /health/live HTTP/1.1".Length));
        });
    }

    private async Task<ScenarioSummary> SteadyAsync(IContender contender, TimeSpan patience, CancellationToken cancel)
    {
        await using var session = await Session.OpenAsync(_bench, contender, cancel);
        var measured = await Programme.Steady.RunAsync(session, Duration, patience, cancel);
        return new("steady", measured.Lost, measured.Doubled, measured.Astray, measured.Refused, measured.LoadBound, measured.Latency,
            [.. measured.Figures.Select(figure => new FigureSummary(figure.Key, Bootstrap.MedianOf([figure.Value], 1), [figure.Value], null, null))]);
    }
}
