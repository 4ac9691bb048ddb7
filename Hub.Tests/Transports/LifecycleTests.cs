using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.Logging.Abstractions;
using Realtime.Client;
using Realtime.Client.Transports;
using Realtime.Tests.Support;

namespace Realtime.Tests.Transports;

/// <summary>Starting, falling back, giving up.</summary>
[CancelAfter(60_000)]
internal sealed class LifecycleTests
{
    private LoopbackServer _server = null!;

    [TearDown]
    public async Task StopServer() => await _server.DisposeAsync();

    [Test]
    public async Task A_transport_that_fails_gives_way_to_the_next_with_a_new_negotiation(CancellationToken cancel)
    {
        _server = await LoopbackServer.WithHubAsync(before: app => app.Use((context, next) =>
        {
            if (context.Request.Headers.Upgrade.Count == 0 && !context.Request.Headers.Accept.ToString().Contains("event-stream", StringComparison.Ordinal))
                return next(context);
            context.Response.StatusCode = StatusCodes.Status502BadGateway;
            return Task.CompletedTask;
        }));
        Transport? used = null;
        await using var connection = Build(options => options with { Connected = which => used = which });
        await connection.StartAsync(cancel);
        Assert.That(used, Is.EqualTo(Transport.LongPolling));
        Assert.That(_server.Requests.Count(request => request.IsNegotiation), Is.EqualTo(3));
        Assert.That(await connection.InvokeAsync<string>("Id", cancel), Is.EqualTo(connection.ConnectionId));
    }

    [Test]
    public async Task When_all_fail_the_error_says_why_one_by_one(CancellationToken cancel)
    {
        _server = await LoopbackServer.WithHubAsync(before: app => app.Use((context, next) =>
        {
            if (context.Request.Path.Value!.EndsWith("/negotiate", StringComparison.Ordinal)) return next(context);
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return Task.CompletedTask;
        }));
        await using var connection = Build();
        var failure = Assert.ThrowsAsync<AggregateException>(async () => await connection.StartAsync(cancel));
        Assert.That(failure!.InnerExceptions, Has.Count.EqualTo(3));
        foreach (var transport in new[] { "WebSockets", "ServerSentEvents", "LongPolling" })
            Assert.That(failure.InnerExceptions.Count(e => e.Message.StartsWith(transport, StringComparison.Ordinal) && e.Message.Contains("503", StringComparison.Ordinal)), Is.EqualTo(1), transport);
    }

    [Test]
    public async Task A_server_without_a_wanted_transport_is_said_to_be_one(CancellationToken cancel)
    {
        _server = await LoopbackServer.WithHubAsync(dispatcher: options => options.Transports = HttpTransportType.LongPolling);
        await using var connection = Build(options => options with { Transports = [Transport.WebSockets, Transport.ServerSentEvents] });
        Assert.That(async () => await connection.StartAsync(cancel), Throws.TypeOf<AggregateException>().With.Message.Contains("None of the transports"));
        await using var other = Build();
        await other.StartAsync(cancel);
        Assert.That(await other.InvokeAsync<string>("Echo", "x", cancel), Is.EqualTo("x"));
    }

    [TestCase(Transport.WebSockets)]
    [TestCase(Transport.ServerSentEvents)]
    [TestCase(Transport.LongPolling)]
    public async Task A_failed_start_can_be_tried_again(Transport transport, CancellationToken cancel)
    {
        var fail = true;
        _server = await LoopbackServer.WithHubAsync(before: app => app.Use((context, next) =>
        {
            if (!Volatile.Read(ref fail)) return next(context);
            context.Response.StatusCode = StatusCodes.Status500InternalServerError;
            return Task.CompletedTask;
        }));
        await using var connection = Build(options => options with { Transports = [transport] });
        Assert.That(async () => await connection.StartAsync(cancel), Throws.Exception);
        Volatile.Write(ref fail, false);
        await connection.StartAsync(cancel);
        Assert.That(await connection.InvokeAsync<string>("Echo", "x", cancel), Is.EqualTo("x"));
    }

    [TestCase("POST", Transport.LongPolling)]
    [TestCase("GET", Transport.WebSockets)]
    [TestCase("GET", Transport.ServerSentEvents)]
    [TestCase("GET", Transport.LongPolling)]
    public async Task A_start_that_hangs_at_any_stage_can_be_cancelled_and_leaves_nothing(string stage, Transport transport, CancellationToken cancel)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _server = await LoopbackServer.WithHubAsync(before: app => app.Use(async (context, next) =>
        {
            if (context.Request.Method != stage)
            {
                await next(context);
                return;
            }
            reached.TrySetResult();
            await LoopbackServer.UntilAborted(context);
        }));
        await using var connection = Build(options => options with { Transports = [transport] });
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var start = connection.StartAsync(enough.Token);
        await Eventually.Ends("the stage is reached", reached.Task, cancel);
        await enough.CancelAsync();
        Assert.That(async () => await start, Throws.InstanceOf<OperationCanceledException>());
        await Eventually.True("no socket is left", () => _server.OpenSockets == 0, cancel);
    }

    [TestCase(Transport.WebSockets)]
    [TestCase(Transport.ServerSentEvents)]
    [TestCase(Transport.LongPolling)]
    public async Task A_start_that_hangs_has_its_limit(Transport transport, CancellationToken cancel)
    {
        _server = await LoopbackServer.WithHubAsync(before: app => app.Use((context, next) =>
            context.Request.Method == "GET" ? LoopbackServer.UntilAborted(context) : next(context)));
        await using var connection = Build(options => options with { Transports = [transport], ConnectTimeout = TimeSpan.FromMilliseconds(300) });
        Assert.That(async () => await connection.StartAsync(cancel), Throws.TypeOf<AggregateException>().With.Message.Contains("took over 0.3 s"));
    }

    [Test]
    public async Task Disposing_while_starting_ends_the_start(CancellationToken cancel)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _server = await LoopbackServer.AnsweringAsync(context =>
        {
            reached.TrySetResult();
            return LoopbackServer.UntilAborted(context);
        });
        var connection = Build();
        var start = connection.StartAsync(cancel);
        await Eventually.Ends("the negotiation is under way", reached.Task, cancel);
        await Eventually.Ends("it is disposed", connection.DisposeAsync().AsTask(), cancel);
        Assert.That(async () => await start, Throws.InstanceOf<OperationCanceledException>());
        await Eventually.True("no socket is left", () => _server.OpenSockets == 0, cancel);
    }

    [TestCase(Transport.WebSockets, false)]
    [TestCase(Transport.ServerSentEvents, false)]
    [TestCase(Transport.LongPolling, true)]
    public async Task Only_long_polling_keeps_itself_alive(Transport transport, bool expected, CancellationToken cancel)
    {
        _server = await LoopbackServer.WithHubAsync();
        var factory = new ConnectionFactory(new TransportOptions { Transports = [transport] }, TransferFormat.Text, NullLoggerFactory.Instance);
        await using var connection = await factory.ConnectAsync(new UriEndPoint(_server.Hub), cancel);
        Assert.That(connection.Features.Get<IConnectionInherentKeepAliveFeature>()!.HasInherentKeepAlive, Is.EqualTo(expected));
        Assert.That(((UriEndPoint)connection.RemoteEndPoint!).Uri, Is.EqualTo(_server.Hub));
    }

    [Test]
    public async Task Without_negotiation_a_WebSocket_is_one_request_and_has_no_id(CancellationToken cancel)
    {
        _server = await LoopbackServer.WithHubAsync();
        await using var connection = Build(options => options with { Transports = [Transport.WebSockets], SkipNegotiation = true });
        await connection.StartAsync(cancel);
        Assert.That(await connection.InvokeAsync<string>("Echo", "x", cancel), Is.EqualTo("x"));
        Assert.That(connection.ConnectionId, Is.Null);
        Assert.That(_server.Requests.Select(request => request.Method), Is.EqualTo(["GET"]));
    }

    private HubConnection Build(Func<TransportOptions, TransportOptions>? change = null)
    {
        var options = new TransportOptions();
        return new HubConnectionBuilder().WithTransports(_server.Hub, change?.Invoke(options) ?? options).Build();
    }
}
