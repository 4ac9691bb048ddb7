using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.SignalR.Client;
using Realtime.Client;
using Realtime.Tests.Delivery;
using Realtime.Tests.Support;

namespace Realtime.Tests.Routing;

internal sealed class NginxTests : BalancedTests
{
    protected override Task<Balancer> StartBalancerAsync(IReadOnlyList<int> nodes) => Balancer.StartNginxAsync(nodes);
}

internal sealed class HaProxyTests : BalancedTests
{
    protected override Task<Balancer> StartBalancerAsync(IReadOnlyList<int> nodes) => Balancer.StartHaProxyAsync(nodes);
}

/// <summary>Three nodes behind a real balancer that sends each request to the next of them.</summary>
[CancelAfter(120_000)]
internal abstract partial class BalancedTests
{
    private const int Rounds = 100, AtOnce = 8;

    private readonly AsyncDisposables _started = new();
    private Node[] _nodes = null!;
    private Balancer _balancer = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        var redis = _started.Add(await RedisServers.StartAsync());
        _nodes = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Node.StartAsync(redis)));
        foreach (var node in _nodes) _started.Add(node);
        _balancer = _started.Add(await StartBalancerAsync([.. _nodes.Select(node => node.Server.Port)]));
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await _started.DisposeAsync();

    protected abstract Task<Balancer> StartBalancerAsync(IReadOnlyList<int> nodes);

    [TestCase(Transport.WebSockets)]
    [TestCase(Transport.ServerSentEvents)]
    [TestCase(Transport.LongPolling)]
    public async Task A_hub_connection_works_every_time(Transport transport)
    {
        var cancel = TestContext.CurrentContext.CancellationToken;
        await RepeatAsync(async round =>
        {
            var (user, order) = ($"{transport}-{round}", $"order {round}");
            await using var receiver = await HubReceiver.ConnectAsync(_balancer.Address, Tokens.For(user), transport, cancel);
            await receiver.SubscribeAsync(null, cancel);
            Assert.That((await receiver.NextAsync(cancel))!.Value.IsPosition());
            await PublishAsync(user, order, cancel);
            var item = (await receiver.NextAsync(cancel))!.Value;
            Assert.That(item.Describe(), Is.EqualTo($"user:{user} 1 {order}"));
            Assert.That(await receiver.Connection.InvokeAsync<long>("Unread", cancel), Is.EqualTo(1));
            var left = await receiver.Connection.InvokeAsync<JsonElement>("Acknowledge", item.Cursor(), cancel);
            Assert.That(left.GetProperty("unread").GetInt64(), Is.Zero);
        });
    }

    [Test]
    public async Task An_event_stream_and_its_history_work_every_time(CancellationToken cancel) => await RepeatAsync(async round =>
    {
        var (user, order) = ($"reader-{round}", $"order {round}");
        await using var receiver = await EventStreamReceiver.ConnectAsync(_balancer.Address, Tokens.For(user), null, cancel);
        Assert.That((await receiver.NextAsync(cancel))!.Value.IsPosition());
        await PublishAsync(user, order, cancel);
        Assert.That((await receiver.NextAsync(cancel))!.Value.Describe(), Is.EqualTo($"user:{user} 1 {order}"));
        using var request = TestServer.Request(HttpMethod.Get, "/api/notifications", Tokens.For(user));
        request.RequestUri = new Uri(_balancer.Address, request.RequestUri!);
        using var answer = await _nodes[0].Server.Http.SendAsync(request, cancel);
        using var page = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(cancel));
        Assert.That(page.RootElement.GetProperty("items")[0].Describe(), Is.EqualTo($"user:{user} 1 {order}"));
    });

    [Test]
    public async Task Its_log_holds_no_query(CancellationToken cancel)
    {
        using var answer = await _nodes[0].Server.Http.GetAsync(
            new Uri(_balancer.Address, "/hubs/orders?id=secret-id&access_token=secret-token"), cancel);
        await Eventually.True("the request is logged", () => _balancer.Output.Contains("/hubs/orders", StringComparison.Ordinal), cancel);
        Assert.That(_balancer.Output, Does.Not.Contain("secret-"));
        Assert.That(_nodes.Select(node => node.Server.Output), Has.None.Contains("secret-"));
    }

    [Test]
    public async Task A_bulk_publish_is_answered_while_it_is_still_being_written(CancellationToken cancel)
    {
        // Written by hand, because over HTTP/1.1 the framework's client reads nothing before it has written everything.
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", _balancer.Address.Port, cancel);
        await using var stream = client.GetStream();
        using var answer = new StreamReader(stream);
        await WriteAsync(
            "POST /api/notifications/batch HTTP/1.1\r\nHost: hub\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n"
            + $"Authorization: Bearer {Tokens.Publisher()}\r\n\r\n");
        for (var n = 1; n <= 3; n++)
        {
            var line = $$"""{"to":{"users":["bulk"]},"type":"t","orderId":"{{n}}"}""" + "\n";
            await WriteAsync($"{line.Length:x}\r\n{line}\r\n");
            while (await answer.ReadLineAsync(cancel) is { } read
                && !read.Contains($"\"sequence\":{n}", StringComparison.Ordinal)) { /* headers and chunk sizes */ }
        }
        await WriteAsync("0\r\n\r\n");
        Assert.That(await answer.ReadLineAsync(cancel), Is.Not.Null, "the end of its last chunk");

        ValueTask WriteAsync(string text) => stream.WriteAsync(Encoding.ASCII.GetBytes(text), cancel);
    }

    [Test]
    public async Task Nodes_drain_die_and_join_under_load_and_nobody_misses_anything(CancellationToken cancel)
    {
        await using var load = await SteadyLoad.StartAsync(_balancer.Address, cancel);

        // A rolling restart; one node is killed instead.
        foreach (var node in _nodes)
        {
            if (node == _nodes[1]) await node.Server.KillAsync();
            else await node.Server.StopAsync();
            await load.GoesOnAsync(20, cancel);
            await node.Server.StartAgainAsync(cancel);
        }

        await load.EndsCompletelyAsync(cancel);
    }

    private async Task PublishAsync(string user, string orderId, CancellationToken cancel)
    {
        using var request = TestServer.Request(HttpMethod.Post, "/api/notifications", Tokens.Publisher());
        request.RequestUri = new Uri(_balancer.Address, request.RequestUri!);
        request.Content = JsonContent.Create(new { to = new { users = new[] { user } }, type = "order.created", orderId });
        using var answer = await _nodes[0].Server.Http.SendAsync(request, cancel);
        Assert.That((int)answer.StatusCode, Is.EqualTo(202), await answer.Content.ReadAsStringAsync(cancel));
    }

    /// <summary>Runs something many times, several at once, and reports all failures.</summary>
    private static async Task RepeatAsync(Func<int, Task> run)
    {
        var failures = new ConcurrentBag<string>();
        await Parallel.ForEachAsync(
            Enumerable.Range(0, Rounds), new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (round, _) =>
        {
            try
            {
                await run(round);
            }
            catch (Exception failure)
            {
                failures.Add($"{round}: {failure}");
            }
        });
        Assert.That(failures, Is.Empty, $"of {Rounds}");
    }
}
