using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Realtime.Server.Feed;
using Realtime.Server.Http;
using Realtime.Server.Log;
using Realtime.Server.Operations;
using Realtime.Server.Publishing;
using Realtime.Server.Routing;
using Realtime.Server.Security;
using Realtime.Tests.Delivery;
using Realtime.Tests.Feed;
using Realtime.Tests.Support;

namespace Realtime.Tests.Operations;

/// <summary>How much of a server one caller may use, and that other callers are not affected.</summary>
[CancelAfter(60_000)]
internal sealed class LimitTests
{
    private const string Negotiate = "/hubs/orders/negotiate?negotiateVersion=1";
    private const string Body = """{"to":{"users":["u"]},"type":"t","orderId":"o"}""";

    private static int _names;

    private ServerProcess _server = null!;

    [OneTimeSetUp]
    public async Task StartServerAsync() => _server = await TestServer.StartAsync(new Dictionary<string, string>
    {
        ["Hub:Limits:PublishesPerSecond"] = "5",
        ["Hub:Limits:PendingNegotiations"] = "6",
        ["Hub:Limits:PendingNegotiationsPerUser"] = "3",
    });

    [OneTimeTearDown]
    public async Task StopServerAsync() => await _server.DisposeAsync();

    private static string NewName() => $"limited-{Interlocked.Increment(ref _names)}";

    private Task<RawAnswer> SendAsync(
        string method, string target, string token, string body, CancellationToken cancel, params string[] headers) =>
        RawHttp.SendAsync(_server.Address, method, target, token, Encoding.UTF8.GetBytes(body), cancel, headers);

    private Task<RawAnswer> PublishAsync(string publisher, string body, CancellationToken cancel) =>
        SendAsync("POST", "/api/notifications", Tokens.Publisher(publisher), body, cancel, "Content-Type: application/json");

    [Test]
    public void The_defaults_are_those_of_the_contract()
    {
        Assert.Multiple(() =>
        {
            Assert.That(new PublishOptions().PublishesPerSecond, Is.Null);
            Assert.That(new FeedOptions().ConnectionsPerUser, Is.EqualTo(200));
            Assert.That(new RoutingOptions().PendingNegotiations, Is.EqualTo(20_000));
            Assert.That(new RoutingOptions().PendingNegotiationsPerUser, Is.EqualTo(200));
            Assert.That(new DrainOptions().Duration, Is.EqualTo(TimeSpan.FromSeconds(15)));
            Assert.That(new LogOptions().DataPath, Is.EqualTo("data"));
            Assert.That(new RetentionOptions().Age, Is.EqualTo(TimeSpan.FromDays(3)));
            Assert.That(new RetentionOptions().Count, Is.EqualTo(10_000));
        });
    }

    [Test]
    public async Task A_herd_of_readers_finds_a_place_in_the_queue_while_the_server_does_not_accept(CancellationToken cancel)
    {
        // Far more than the 512 of the web server's own default.
        const int Readers = OperationsRegistration.AcceptQueue / 2;
        await using var server = await TestServer.StartAsync(cancel: cancel);
        server.Send(Signal.Stop);
        var herd = Enumerable.Range(0, Readers).Select(_ => new TcpClient()).ToList();
        try
        {
            // A connection without a place in the queue is never answered, because no place becomes free, and the test times out.
            await Task.WhenAll(herd.Select(reader => reader.ConnectAsync(IPAddress.Loopback, server.Port, cancel).AsTask()));
        }
        finally
        {
            herd.ForEach(reader => reader.Dispose());
            server.Send(Signal.Continue);
        }
        Assert.That((await server.Http.GetAsync("/health/ready", cancel)).IsSuccessStatusCode, "it goes on");
    }

    [Test]
    public async Task A_publisher_beyond_its_rate_gets_429_and_nobody_else_does(CancellationToken cancel)
    {
        var (busy, calm) = (NewName(), NewName());
        RawAnswer? refused = null;
        await Eventually.True("it is refused", async () =>
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => PublishAsync(busy, Body, cancel)));
            refused = answers.FirstOrDefault(answer => answer.Status != 202);
            return refused is not null;
        }, cancel);
        refused!.IsProblem(429);
        Assert.That((await PublishAsync(calm, Body, cancel)).Status, Is.EqualTo(202));
        await Eventually.True("it may publish again", async () => (await PublishAsync(busy, Body, cancel)).Status == 202, cancel);
    }

    [Test]
    public async Task Lines_of_a_batch_count_and_what_is_refused_does_not(CancellationToken cancel)
    {
        var token = Tokens.Publisher(NewName());
        var answer = await SendAsync("POST", "/api/notifications/batch", token, string.Concat(Enumerable.Repeat("{\n", 50))
            + string.Concat(Enumerable.Repeat(Body + "\n", 50)), cancel, "Content-Type: application/x-ndjson");
        var statuses = answer.Text.TrimEnd('\n').Split('\n').Select(line => JsonSerializer.Deserialize<JsonElement>(line))
            .Select(line => line.TryGetProperty("status", out var status) ? status.GetInt32() : 202).ToList();
        Assert.That(statuses.Take(50), Is.All.EqualTo(400));
        Assert.That(statuses.Skip(50).Take(5), Is.All.EqualTo(202), "a second's worth");
        Assert.That(statuses[^1], Is.EqualTo(429));
    }

    [Test]
    public async Task Negotiations_that_nobody_uses_are_bounded_for_a_user_and_for_the_node(CancellationToken cancel)
    {
        var (greedy, other, third) = (Tokens.For(NewName()), Tokens.For(NewName()), Tokens.For(NewName()));
        var ids = new List<string>();
        for (var n = 0; n < 3; n++)
            ids.Add((await SendAsync("POST", Negotiate, greedy, "", cancel)).Json.GetProperty("connectionToken").GetString()!);
        (await SendAsync("POST", Negotiate, greedy, "", cancel)).IsProblem(429, "the user's");
        for (var n = 0; n < 3; n++) Assert.That((await SendAsync("POST", Negotiate, other, "", cancel)).Status, Is.EqualTo(200));
        (await SendAsync("POST", Negotiate, third, "", cancel)).IsProblem(429, "the node's");

        // A long poll uses one of them.
        Assert.That(
            (await RawHttp.SendAsync(_server.Address, "GET", $"/hubs/orders?id={ids[0]}", greedy, null, cancel)).Status, Is.EqualTo(200));
        await Eventually.True(
            "there is a place again", async () => (await SendAsync("POST", Negotiate, third, "", cancel)).Status == 200, cancel);
    }

    [Test]
    public async Task A_place_that_was_never_used_is_free_again_after_a_while(CancellationToken cancel)
    {
        var time = new ManualTime();
        using var owners = OpenConnections.Owners(time, new() { PendingNegotiationsPerUser = 1 });
        await owners.StartAsync(cancel);
        Assert.That(owners.TryReserve("alice"));
        owners.Negotiated("token", "id", CallerOf("alice", time), Paths.Orders);
        Assert.That(owners.TryReserve("alice"), Is.False);
        await Eventually.True("the place is free", () =>
        {
            time.Advance(TimeSpan.FromSeconds(5));
            return owners.TryReserve("alice");
        }, cancel);
        await owners.StopAsync(cancel);
    }

    [Test]
    public async Task A_place_is_free_at_once_when_the_connection_was_opened_on_another_node_and_its_token_stays_its_users(
        CancellationToken cancel)
    {
        var time = new ManualTime();
        using var owners = OpenConnections.Owners(time, new() { PendingNegotiationsPerUser = 1 });
        await owners.StartAsync(cancel);
        var (alice, eve) = (CallerOf("alice", time), CallerOf("eve", time));
        Assert.That(owners.TryReserve("alice"));
        owners.Negotiated("token", "id", alice, Paths.Orders);
        owners.OpenedElsewhere("token");
        owners.OpenedElsewhere("token");
        owners.OpenedElsewhere("unknown");
        Assert.That(owners.TryReserve("alice"));
        Assert.That(owners.TryReserve("alice"), Is.False, "one place came back, not two");
        Assert.That(
            (owners.MayUse("token", alice, Paths.Orders), owners.MayUse("token", eve, Paths.Orders)), Is.EqualTo((true, false)));
        await Eventually.True("the token is forgotten", () =>
        {
            time.Advance(TimeSpan.FromSeconds(5));
            return owners.MayUse("token", eve, Paths.Orders);
        }, cancel);
        Assert.That(owners.TryReserve("alice"), Is.False, "nothing comes back when it is forgotten");
        await owners.StopAsync(cancel);
    }

    private static Caller CallerOf(string user, TimeProvider time) =>
        new(user, [], time.GetUtcNow().AddHours(1), IsPublisher: false, IsAdmin: false);
}
