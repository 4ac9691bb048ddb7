using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using Realtime.Client;
using Realtime.Tests.Support;

namespace Realtime.Tests.Transports;

/// <summary>What every transport does against a stock hub.</summary>
[CancelAfter(60_000)]
internal abstract class TransportContract(Transport transport)
{
    private LoopbackServer _server = null!;

    [SetUp]
    public async Task StartServer() => _server = await LoopbackServer.WithHubAsync();

    [TearDown]
    public async Task StopServer() => await _server.DisposeAsync();

    [Test]
    public async Task It_is_the_transport_that_was_asked_for_and_knows_the_servers_connection_id(CancellationToken cancel)
    {
        Transport? used = null;
        await using var connection = Build(options => options with { Connected = which => used = which });
        await connection.StartAsync(cancel);
        Assert.Multiple(() =>
        {
            Assert.That(used, Is.EqualTo(transport));
            Assert.That(connection.ConnectionId, Is.Not.Null);
        });
        Assert.That(await connection.InvokeAsync<string>("Id", cancel), Is.EqualTo(connection.ConnectionId));
    }

    [Test]
    public async Task An_invocation_is_answered(CancellationToken cancel)
    {
        await using var connection = await StartAsync(cancel);
        Assert.That(await connection.InvokeAsync<string>("Echo", "Grüße, 世界 \n\r\n\u001e 🚚", cancel), Is.EqualTo("Grüße, 世界 \n\r\n\u001e 🚚"));
    }

    [Test]
    public async Task A_failure_of_a_hub_method_is_told_and_the_connection_goes_on(CancellationToken cancel)
    {
        await using var connection = await StartAsync(cancel);
        Assert.That(async () => await connection.InvokeAsync("NoSuchMethod", cancel), Throws.TypeOf<HubException>());
        Assert.That(await connection.InvokeAsync<string>("Echo", "still here", cancel), Is.EqualTo("still here"));
    }

    [Test]
    public async Task A_thousand_invocations_at_once_are_all_answered(CancellationToken cancel)
    {
        await using var connection = await StartAsync(cancel);
        var answers = await Task.WhenAll(Enumerable.Range(0, 1_000).Select(i => connection.InvokeAsync<string>("Echo", $"call {i}", cancel)));
        Assert.That(answers, Is.EqualTo(Enumerable.Range(0, 1_000).Select(i => $"call {i}")));
    }

    [Test]
    public async Task The_server_streams_to_the_client(CancellationToken cancel)
    {
        await using var connection = await StartAsync(cancel);
        var received = new List<int>();
        await foreach (var number in connection.StreamAsync<int>("Count", 5_000, cancel)) received.Add(number);
        Assert.That(received, Is.EqualTo(Enumerable.Range(0, 5_000)));
    }

    [Test]
    public async Task A_stream_can_be_cancelled_and_the_connection_goes_on(CancellationToken cancel)
    {
        await using var connection = await StartAsync(cancel);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        Assert.That(async () =>
        {
            await foreach (var _ in connection.StreamAsync<int>("Forever", enough.Token)) await enough.CancelAsync();
        }, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(await connection.InvokeAsync<string>("Echo", "still here", cancel), Is.EqualTo("still here"));
    }

    [Test]
    public async Task The_client_streams_to_the_server(CancellationToken cancel)
    {
        await using var connection = await StartAsync(cancel);
        var sum = await connection.InvokeAsync<int>("Sum", Enumerable.Range(1, 5_000).ToAsyncEnumerable(), cancel);
        Assert.That(sum, Is.EqualTo(5_000 * 5_001 / 2));
    }

    [TestCase(65_535)]
    [TestCase(65_536)]
    [TestCase(1_048_577)]
    [TestCase(5_000_000)]
    public async Task Big_messages_pass_both_ways(int length, CancellationToken cancel)
    {
        await using var connection = await StartAsync(cancel);
        Assert.That(await connection.InvokeAsync<int>("Length", new string('y', length), cancel), Is.EqualTo(length));
        var letters = await connection.InvokeAsync<string>("Letters", length, cancel);
        Assert.That(letters, Has.Length.EqualTo(length).And.Not.Contains('y'));
    }

    [Test]
    public async Task Big_pieces_stream_to_the_server_while_calls_are_answered(CancellationToken cancel)
    {
        await using var connection = await StartAsync(cancel);
        var upload = connection.InvokeAsync<int>("Collect", Enumerable.Repeat(new string('z', 200_000), 50).ToAsyncEnumerable(), cancel);
        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => connection.InvokeAsync<string>("Echo", $"{i}", cancel)));
        Assert.That(answers, Has.Length.EqualTo(100));
        Assert.That(await upload, Is.EqualTo(200_000 * 50));
    }

    [Test]
    public async Task What_the_server_sends_arrives_in_order(CancellationToken cancel)
    {
        await using var connection = Build();
        var received = new List<int>();
        var last = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        connection.On<int>("number", number =>
        {
            received.Add(number);
            if (number == 1_999) last.SetResult();
        });
        await connection.StartAsync(cancel);
        await connection.InvokeAsync("Push", 2_000, cancel);
        await Eventually.Ends("the last number arrives", last.Task, cancel);
        Assert.That(received, Is.EqualTo(Enumerable.Range(0, 2_000)));
    }

    [Test]
    public async Task What_the_client_sends_arrives_in_order(CancellationToken cancel)
    {
        await using var connection = await StartAsync(cancel);
        for (var i = 0; i < 2_000; i++) await connection.SendAsync("Tell", i, cancel);
        Assert.That(await connection.InvokeAsync<int[]>("Told", cancel), Is.EqualTo(Enumerable.Range(0, 2_000)));
    }

    [Test]
    public async Task A_connection_that_the_server_ends_is_closed(CancellationToken cancel)
    {
        await using var connection = Build();
        var closed = ClosedOf(connection);
        await connection.StartAsync(cancel);
        await connection.SendAsync("Abort", cancel);
        await Eventually.Ends("the client is told that the connection is closed", closed, cancel);
        Assert.That(connection.State, Is.EqualTo(HubConnectionState.Disconnected));
        await Eventually.True("the client's sockets are closed", () => _server.OpenSockets == 0, cancel);
    }

    [Test]
    public async Task A_server_that_dies_is_noticed_with_a_reason(CancellationToken cancel)
    {
        await using var connection = Build();
        var closed = ClosedOf(connection);
        await connection.StartAsync(cancel);
        await _server.DisposeAsync();
        await Eventually.Ends("the client is told that the connection is closed", closed, cancel);
        Assert.That(connection.State, Is.EqualTo(HubConnectionState.Disconnected));
    }

    [Test]
    public async Task A_cut_connection_reports_why(CancellationToken cancel)
    {
        await using var connection = Build();
        var closed = ClosedOf(connection);
        await connection.StartAsync(cancel);
        await connection.InvokeAsync<string>("Echo", "settled", cancel);
        _server.CutAll();
        await Eventually.Ends("the client is told that the connection is closed", closed, cancel);
        Assert.That(await closed, Is.Not.Null);
    }

    [Test]
    public async Task A_cut_connection_is_renewed_by_automatic_reconnect(CancellationToken cancel)
    {
        var at = new List<string?>();
        await using var connection = Build(builder => builder.WithAutomaticReconnect([TimeSpan.Zero, TimeSpan.FromMilliseconds(100)]));
        var back = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        connection.Reconnected += id =>
        {
            back.TrySetResult(id);
            return Task.CompletedTask;
        };
        await connection.StartAsync(cancel);
        at.Add(connection.ConnectionId);
        _server.CutAll();
        await Eventually.Ends("the connection is back", back.Task, cancel);
        at.Add(await back.Task);
        Assert.That(at, Is.Unique.And.None.Null);
        Assert.That(await connection.InvokeAsync<string>("Echo", "again", cancel), Is.EqualTo("again"));
    }

    [Test]
    public async Task It_can_be_stopped_and_started_again(CancellationToken cancel)
    {
        await using var connection = Build();
        for (var i = 0; i < 3; i++)
        {
            await connection.StartAsync(cancel);
            Assert.That(await connection.InvokeAsync<string>("Echo", $"round {i}", cancel), Is.EqualTo($"round {i}"));
            await connection.StopAsync(cancel);
            await Eventually.True("no socket is left", () => _server.OpenSockets == 0, cancel);
        }
    }

    [Test]
    public async Task Disposing_closes_every_socket_and_tells_the_server(CancellationToken cancel)
    {
        var connections = new List<HubConnection>();
        for (var i = 0; i < 20; i++) connections.Add(await StartAsync(cancel));
        Assert.That(_server.OpenSockets, Is.GreaterThanOrEqualTo(20));
        await Eventually.Ends("all are disposed", Task.WhenAll(connections.Select(connection => connection.DisposeAsync().AsTask())), cancel);
        await Eventually.True("no socket is left", () => _server.OpenSockets == 0, cancel);
    }

    [Test]
    public async Task Disposing_twice_or_by_many_at_once_is_one_disposal(CancellationToken cancel)
    {
        var connection = await StartAsync(cancel);
        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => Task.Run(async () => await connection.DisposeAsync(), cancel)));
        await connection.DisposeAsync();
        await Eventually.True("no socket is left", () => _server.OpenSockets == 0, cancel);
    }

    [Test]
    public async Task Disposing_in_the_middle_of_a_stream_ends_soon(CancellationToken cancel)
    {
        var connection = await StartAsync(cancel);
        await foreach (var _ in connection.StreamAsync<int>("Count", 10_000_000, cancel))
        {
            await Eventually.Ends("a connection that is busy receiving is disposed", connection.DisposeAsync().AsTask(), cancel);
            break;
        }

        await Eventually.True("no socket is left", () => _server.OpenSockets == 0, cancel);
    }

    protected HubConnection Build(Func<TransportOptions, TransportOptions> change) => Build(_ => { }, change);

    protected HubConnection Build(Action<IHubConnectionBuilder>? with = null, Func<TransportOptions, TransportOptions>? change = null)
    {
        var options = new TransportOptions { Transports = [transport] };
        var builder = new HubConnectionBuilder().WithTransports(_server.Hub, change?.Invoke(options) ?? options);
        with?.Invoke(builder);
        return builder.Build();
    }

    protected async Task<HubConnection> StartAsync(CancellationToken cancel)
    {
        var connection = Build();
        await connection.StartAsync(cancel);
        return connection;
    }

    private static Task<Exception?> ClosedOf(HubConnection connection)
    {
        var closed = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        connection.Closed += error =>
        {
            closed.TrySetResult(error);
            return Task.CompletedTask;
        };
        return closed.Task;
    }
}

internal sealed class OverWebSockets() : TransportContract(Transport.WebSockets);

internal sealed class OverServerSentEvents() : TransportContract(Transport.ServerSentEvents);

internal sealed class OverLongPolling() : TransportContract(Transport.LongPolling);
