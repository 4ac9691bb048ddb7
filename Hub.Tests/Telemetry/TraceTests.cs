using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Json;
using Realtime.Client;
using Realtime.Tests.Client;
using Realtime.Tests.Delivery;
using Realtime.Tests.Routing;
using Realtime.Tests.Support;

namespace Realtime.Tests.Telemetry;

/// <summary>One trace leads from the request of a publisher to the handler of a reader.</summary>
[TestFixture(1)]
[TestFixture(2)]
[CancelAfter(120_000)]
internal sealed class TraceTests(int nodes)
{
    private readonly AsyncDisposables _started = new();
    private readonly ConcurrentQueue<Activity> _processed = new();
    private SpanCollector _collector = null!;
    private ServerProcess _first = null!, _last = null!;
    private ActivityListener? _listener;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _collector = _started.Add(await SpanCollector.StartAsync());
        if (nodes == 1)
        {
            _first = _last = _started.Add(await TestServer.StartAsync(_collector.Settings));
        }
        else
        {
            var redis = _started.Add(await RedisServers.StartAsync());
            var started = await Task.WhenAll(Node.StartAsync(redis, _collector.Settings), Node.StartAsync(redis, _collector.Settings));
            foreach (var node in started) _started.Add(node);
            (_first, _last) = (started[0].Server, started[1].Server);
        }
        _listener = new()
        {
            ShouldListenTo = source => source.Name == "Realtime.Client",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = _processed.Enqueue,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        _listener?.Dispose();
        await _started.DisposeAsync();
    }

    [Test]
    public async Task It_leads_to_the_handler_on_every_transport_live_and_after_an_absence(
        [Values] Transport transport, [Values] bool isLive, CancellationToken cancel)
    {
        var user = $"{transport}-{isLive}-{nodes}";
        var (trace, caller) = (ActivityTraceId.CreateRandom().ToString(), ActivitySpanId.CreateRandom().ToString());
        if (!isLive) await PublishAsync(user, $"00-{trace}-{caller}-01", cancel);
        await using var feed = await OrderFeed.ConnectAsync(new OrderFeedOptions
        {
            Server = _last.Address,
            Token = _ => new(Tokens.For(user)),
            Transports = [transport],
        }.Direct(), cancel);
        if (isLive) await PublishAsync(user, $"00-{trace}-{caller}-01", cancel);

        var isCurrent = false;
        await foreach (var order in feed.ReadAllAsync(cancel))
        {
            Assert.That(order.Trace, Does.StartWith($"00-{trace}-"));
            await Task.Yield();
            isCurrent = Activity.Current is { OperationName: "process" } span && span.TraceId.ToString() == trace;
            break;
        }
        Assert.That(isCurrent, "the handler's own spans go under it");
        Assert.That(Activity.Current?.OperationName, Is.Not.EqualTo("process"), "and it has ended after the loop");

        var publish = await _collector.SpanAsync("the publish is traced", it => it.Name == "publish" && it.Trace == trace, cancel);
        Assert.That(publish.Parent, Is.EqualTo(caller));
        var append = await _collector.SpanAsync("so is the append", it => it.Name == "append" && it.Trace == trace, cancel);
        Assert.That(append.Parent, Is.EqualTo(publish.Id));
        var process = _processed.Single(it => it.TraceId.ToString() == trace);
        Assert.That((process.ParentSpanId.ToString(), process.Kind), Is.EqualTo((publish.Id, ActivityKind.Consumer)));
        var deliver = await _collector.SpanAsync(
            "and the delivery, with a link", it => it.Name == "deliver" && it.IsLinkedTo(trace, publish.Id), cancel);
        Assert.That((deliver.Trace == trace, deliver.Parent), Is.EqualTo((false, "")));
        Assert.That(_collector.Spans.Where(it => it.Rest.Contains(user, StringComparison.Ordinal)), Is.Empty, "no span names a user");
    }

    [Test]
    public async Task A_request_that_another_node_answers_is_traced_too(CancellationToken cancel)
    {
        var connection = await RawConnection.NegotiateAsync(_first.Address, Tokens.For("forwarded"), cancel);
        Assert.That(await connection.PollAsync(_last.Address, cancel), Is.EqualTo((200, "")));
        if (nodes == 1)
        {
            Assert.That(_collector.Spans.Where(it => it.Name == "forward"), Is.Empty, "one node forwards nothing");
            return;
        }
        var forward = await _collector.SpanAsync("the node that forwards says so", it => it.Name == "forward", cancel);
        Assert.That(forward.Rest, Does.Contain("realtime.kind").And.Contain(connection.Node).And.Not.Contain("?id="));
    }

    [Test]
    public async Task A_publish_that_its_caller_did_not_sample_makes_no_span(CancellationToken cancel)
    {
        var (quiet, traced) = (ActivityTraceId.CreateRandom().ToString(), ActivityTraceId.CreateRandom().ToString());
        await PublishAsync("quiet", $"00-{quiet}-00f067aa0ba902b7-00", cancel);
        await PublishAsync("quiet", $"00-{traced}-00f067aa0ba902b7-01", cancel);
        await _collector.SpanAsync("a later one has arrived", it => it.Trace == traced, cancel);
        Assert.That(_collector.Spans.Where(it => it.Trace == quiet), Is.Empty);
        var items = (await _last.HistoryAsync(Tokens.For("quiet"), "?after=earliest", cancel)).GetProperty("items");
        Assert.That(items.EnumerateArray().Select(item => item.TryGetProperty("trace", out _)), Is.EqualTo([false, true]));
    }

    [Test]
    public async Task Without_a_caller_that_traces_the_publish_begins_a_trace(CancellationToken cancel)
    {
        await PublishAsync("root", null, cancel);
        var items = (await _last.HistoryAsync(Tokens.For("root"), "?after=earliest", cancel)).GetProperty("items");
        var trace = items[0].GetProperty("trace").GetString()!.Split('-');
        var publish = await _collector.SpanAsync("it is the first of its trace", it => it.Id == trace[2], cancel);
        Assert.That((publish.Name, publish.Trace, publish.Parent), Is.EqualTo(("publish", trace[1], "")));
    }

    private async Task PublishAsync(string user, string? traceparent, CancellationToken cancel)
    {
        using var request = TestServer.Request(HttpMethod.Post, "/api/notifications", Tokens.Publisher());
        request.Content = JsonContent.Create(new { to = new { users = new[] { user } }, type = "order.created", orderId = "1" });
        if (traceparent is not null) request.Headers.Add("traceparent", traceparent);
        using var answer = await _first.Http.SendAsync(request, cancel);
        Assert.That((int)answer.StatusCode, Is.EqualTo(202));
    }
}
