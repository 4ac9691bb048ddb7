using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Realtime.Server.Routing.Forwarding;
using Realtime.Tests.Support;

namespace Realtime.Tests.Routing;

[CancelAfter(30_000)]
internal sealed class ForwardedStreamsTests
{
    private readonly ManualTime _time = new();
    private ForwardedStreams _streams = null!;
    private int _cut;

    [SetUp]
    public void Start() => (_streams, _cut) = (new ForwardedStreams(_time), 0);

    [Test]
    public async Task Those_of_a_node_that_stops_are_cut_one_by_one(CancellationToken cancel)
    {
        for (var n = 0; n < 4; n++) Open("text/event-stream");
        var drain = _streams.DrainAsync(TimeSpan.FromSeconds(8), cancel);
        for (var n = 1; n <= 4; n++)
        {
            await Eventually.True($"{n} are cut", () => _cut == n, cancel);
            Assert.That(drain.IsCompleted, Is.EqualTo(n == 4));
            if (n < 4) _time.Advance(TimeSpan.FromSeconds(2));
        }
        await drain;
    }

    [Test]
    public async Task Those_that_come_while_it_drains_stay_until_its_end(CancellationToken cancel)
    {
        Open("text/event-stream");
        Open("text/event-stream");
        var drain = _streams.DrainAsync(TimeSpan.FromSeconds(8), cancel);
        Open("text/event-stream");
        _time.Advance(TimeSpan.FromSeconds(4));
        await drain;
        Assert.That(_cut, Is.EqualTo(2));
        _streams.CutAll();
        Assert.That(_cut, Is.EqualTo(3));
    }

    [Test]
    public async Task One_that_has_ended_is_left_alone(CancellationToken cancel)
    {
        _streams.Forget(Open("text/event-stream"));
        await _streams.DrainAsync(TimeSpan.Zero, cancel);
        Assert.That(_cut, Is.Zero);
    }

    [Test]
    public async Task Polls_are_not_cut(CancellationToken cancel)
    {
        Open("application/octet-stream");
        await _streams.DrainAsync(TimeSpan.Zero, cancel);
        Assert.That(_cut, Is.Zero);
    }

    private DefaultHttpContext Open(string type)
    {
        var context = new DefaultHttpContext();
        context.Features.Set<IHttpRequestLifetimeFeature>(new Lifetime(() => _cut++));
        using var answer = new HttpResponseMessage { Content = new StringContent("", null, type) };
        Assert.That(_streams.Track(context, answer), Is.EqualTo(type == "text/event-stream"));
        return context;
    }

    private sealed class Lifetime(Action abort) : IHttpRequestLifetimeFeature
    {
        public CancellationToken RequestAborted { get; set; }

        public void Abort() => abort();
    }
}
