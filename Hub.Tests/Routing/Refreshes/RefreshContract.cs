using System.Text.Json;
using Microsoft.AspNetCore.SignalR.Client;
using Realtime.Client;
using Realtime.Tests.Delivery;
using Realtime.Tests.Support;

namespace Realtime.Tests.Routing.Refreshes;

/// <summary>A connection gets the access of a new token while it stays open, on whichever node it and the request are.</summary>
/// <remarks>Most tests wait for a token to expire, and wait together.</remarks>
[CancelAfter(90_000)]
[Parallelizable(ParallelScope.Children)]
internal abstract partial class RefreshContract
{
    private static int _names;

    /// <summary>The node that negotiates, and keeps all but WebSockets.</summary>
    protected abstract ServerProcess Negotiator { get; }

    /// <summary>The node that gets WebSockets.</summary>
    protected abstract ServerProcess Socket { get; }

    /// <summary>The node that gets the request to refresh.</summary>
    protected abstract ServerProcess Asked { get; }

    protected static Transport[] Transports { get; } = [Transport.WebSockets, Transport.ServerSentEvents, Transport.LongPolling];

    [Test]
    public async Task The_request_changes_topics_at_once_and_nothing_is_lost_or_doubled(
        [ValueSource(nameof(Transports))] Transport transport, CancellationToken cancel)
    {
        await FollowAsync(transport, async (client, token) =>
        {
            var answer = await client.PostRefreshAsync(Asked.Address, token, cancel);
            Assert.That(answer.Status, Is.EqualTo(200), answer.Text);
            Assert.That(answer["Content-Type"], Does.StartWith("application/json"));
            Assert.That(answer.Json.EnumerateObject().Select(it => it.Name), Is.EqualTo(["tokenLifetimeSeconds"]));
            Assert.That(answer.Json.GetProperty("tokenLifetimeSeconds").GetInt32(), Is.InRange(3_590, 3_600));
        }, cancel);
    }

    [Test]
    public async Task The_hubs_method_does_the_same(
        [ValueSource(nameof(Transports))] Transport transport, CancellationToken cancel)
    {
        await FollowAsync(transport, async (client, token) =>
            Assert.That(await client.InvokeRefreshAsync(token, cancel), Is.InRange(3_590, 3_600)), cancel);
    }

    [Test]
    public async Task A_stream_outlives_the_token_that_it_began_with(
        [ValueSource(nameof(Transports))] Transport transport, CancellationToken cancel)
    {
        var user = NewName("user");
        var first = InSeconds(5);
        var token = Tokens.For(user, first);
        await using var client = await ConnectAsync(() => token, transport, cancel);
        await client.SubscribeAsync(cancel);
        token = Tokens.For(user, InSeconds(3_600));
        Assert.That((await client.PostRefreshAsync(Asked.Address, token, cancel)).Status, Is.EqualTo(200));
        // SignalR's own check of an authentication's end runs every second.
        await Eventually.True("the first token has expired", () => HasPassed(first.AddSeconds(3)), cancel);
        await Negotiator.PublishAsync(user, "later", cancel);
        Assert.That(await NextAsync(client, cancel), Is.EqualTo($"user:{user} 1 later"));
        Assert.That(await client.Receiver.Connection.InvokeAsync<string>("Node", cancel), Is.Not.Empty);
    }

    [Test]
    public async Task A_client_that_keeps_sending_its_first_token_stays_connected_too(
        [Values(Transport.ServerSentEvents, Transport.LongPolling)] Transport transport, CancellationToken cancel)
    {
        var (user, first) = (NewName("user"), InSeconds(5));
        // The clients of npm never ask for a token again.
        var token = Tokens.For(user, first);
        await using var client = await ConnectAsync(() => token, transport, cancel);
        await client.SubscribeAsync(cancel);
        Assert.That(await client.InvokeRefreshAsync(Tokens.For(user), cancel), Is.Positive);
        await Eventually.True("the first token has expired", () => HasPassed(first.AddSeconds(1)), cancel);
        for (var round = 1; round <= 3; round++)
        {
            await Negotiator.PublishAsync(user, $"{round}", cancel);
            Assert.That(await NextAsync(client, cancel), Is.EqualTo($"user:{user} {round} {round}"));
            Assert.That(await client.InvokeRefreshAsync(Tokens.For(user), cancel), Is.Positive);
        }
        foreach (var node in new[] { Negotiator, Asked })
        {
            var target = $"/hubs/orders?id={client.ConnectionToken}";
            (await SendAsync(node, "POST", "/hubs/orders/negotiate?negotiateVersion=1", token)).IsProblem(401, "it opens nothing");
            (await SendAsync(node, "GET", "/api/notifications", token)).IsProblem(401, "it reads nothing else");
            (await SendAsync(node, "POST", target, Tokens.For(user, InSeconds(-9)) + "x")).IsProblem(401, "it must be signed");
            Assert.That((await SendAsync(node, "POST", target, Tokens.For(NewName("eve"), InSeconds(-9)))).Status, Is.EqualTo(401), "by its user");
        }

        Task<RawAnswer> SendAsync(ServerProcess node, string method, string target, string sent) =>
            RawHttp.SendAsync(node.Address, method, target, sent, method == "GET" ? null : [], cancel);
    }

    [Test]
    public async Task The_last_token_counts_also_when_it_ends_earlier(
        [ValueSource(nameof(Transports))] Transport transport, CancellationToken cancel)
    {
        var user = NewName("user");
        await using var client = await ConnectAsync(() => Tokens.For(user), transport, cancel);
        await client.SubscribeAsync(cancel);
        var closed = client.Receiver.ClosedAsync();
        Assert.That((await client.PostRefreshAsync(Asked.Address, Tokens.For(user, InSeconds(4)), cancel)).Status, Is.EqualTo(200));
        Assert.That((await client.Receiver.TakeAllAsync(cancel)).Select(Items.Describe), Is.EqualTo(["closing token-expired"]));
        await Eventually.Ends("the connection has ended too", closed, cancel);
    }

    [TestCase("/hubs/orders", false)]
    [TestCase("/hubs/operators", false)]
    [TestCase("/hubs/orders", true)]
    [TestCase("/hubs/operators", true)]
    public async Task A_connection_without_a_subscription_ends_with_its_last_token(string hub, bool isRefreshed, CancellationToken cancel)
    {
        var (user, first) = (NewName("user"), InSeconds(5));
        await using var client = await ConnectAsync(() => Tokens.For(user, first, null, "admin"), Transport.WebSockets, cancel, hub);
        var closed = client.Receiver.ClosedAsync();
        if (isRefreshed)
        {
            var answer = await client.PostRefreshAsync(Asked.Address, Tokens.For(user, null, "admin"), cancel, hub);
            Assert.That(answer.Status, Is.EqualTo(200), answer.Text);
            await Eventually.True("the first token has expired", () => HasPassed(first.AddSeconds(3)), cancel);
            Assert.That(closed.IsCompleted, Is.False);
            Assert.That(client.Receiver.Connection.State, Is.EqualTo(HubConnectionState.Connected));
        }
        else
        {
            await Eventually.Ends("it has ended", closed, cancel);
            Assert.That(HasPassed(first.AddSeconds(-1)), "a token names a whole second");
        }
    }

    [Test]
    public async Task A_later_subscription_has_the_groups_of_the_last_token(CancellationToken cancel)
    {
        var (user, west, east) = (NewName("user"), NewName("west"), NewName("east"));
        await using var client = await ConnectAsync(() => Tokens.For(user, [west]), Transport.WebSockets, cancel);
        Assert.That(await client.InvokeRefreshAsync(Tokens.For(user, [east]), cancel), Is.Positive);
        await client.SubscribeAsync(cancel);
        await Negotiator.PublishAsync(new { groups = new[] { west } }, "west", cancel);
        await Negotiator.PublishAsync(new { groups = new[] { east } }, "east", cancel);
        Assert.That(await NextAsync(client, cancel), Is.EqualTo($"group:{east} 1 east"));
    }

    [Test]
    public async Task A_session_that_is_begun_again_prolongs_its_streams(CancellationToken cancel)
    {
        var (user, west, east) = (NewName("user"), NewName("west"), NewName("east"));
        var first = InSeconds(6);
        var cookie = await SessionAsync(Tokens.For(user, first, [west]), null, cancel);
        await using var events = await EventStreamReceiver.ConnectByCookieAsync(Socket.Address, cookie, cancel);
        await using var hub = await HubReceiver.ConnectByCookieAsync(Negotiator.Address, cookie, Transport.WebSockets, cancel);
        await hub.SubscribeAsync("latest", cancel);
        foreach (var stream in (IReceiver[])[events, hub]) Assert.That((await stream.NextAsync(cancel))!.Value.IsPosition());

        await SessionAsync(Tokens.For(user, InSeconds(3_600), [east]), cookie, cancel);
        foreach (var stream in (IReceiver[])[events, hub]) Assert.That((await stream.NextAsync(cancel))!.Value.IsPosition());
        await Eventually.True("the first token has expired", () => HasPassed(first.AddSeconds(2)), cancel);
        await Negotiator.PublishAsync(new { groups = new[] { west } }, "west", cancel);
        await Negotiator.PublishAsync(new { groups = new[] { east } }, "east", cancel);
        foreach (var stream in (IReceiver[])[events, hub])
            Assert.That((await stream.NextAsync(cancel))!.Value.Describe(), Is.EqualTo($"group:{east} 1 east"));
    }

    [Test]
    public async Task Negotiation_says_how_long_the_token_lasts_and_says_nothing_to_a_session(CancellationToken cancel)
    {
        var token = Tokens.For(NewName("user"), InSeconds(100));
        var negotiated = await NegotiateAsync(token, null, cancel);
        Assert.That(negotiated.GetProperty("tokenLifetimeSeconds").GetInt32(), Is.InRange(90, 100));
        var eternal = Tokens.For(NewName("user"), new DateTimeOffset(2990, 1, 1, 0, 0, 0, TimeSpan.Zero));
        Assert.That((await NegotiateAsync(eternal, null, cancel)).GetProperty("tokenLifetimeSeconds").GetInt32(), Is.EqualTo(int.MaxValue));
        var cookie = await SessionAsync(token, null, cancel);
        Assert.That((await NegotiateAsync(null, cookie, cancel)).TryGetProperty("tokenLifetimeSeconds", out _), Is.False);
    }

    [Test]
    public async Task A_preview_of_SignalR_11_sends_its_connection_token_in_the_query(CancellationToken cancel)
    {
        var user = NewName("user");
        await using var client = await ConnectAsync(() => Tokens.For(user), Transport.WebSockets, cancel);
        var answer = await RawHttp.SendAsync(
            Asked.Address, "POST", $"/hubs/orders/refresh?id={client.ConnectionToken}", Tokens.For(user), [], cancel);
        Assert.That(answer.Status, Is.EqualTo(200), answer.Text);
    }

    protected static string NewName(string kind) => $"{kind}-{Interlocked.Increment(ref _names)}";

    protected Task<RefreshedClient> ConnectAsync(
        Func<string> token, Transport transport, CancellationToken cancel, string hub = "/hubs/orders") =>
        RefreshedClient.ConnectAsync(Negotiator.Address, token, transport, cancel, Socket.Address, hub);

    protected static async Task<string> NextAsync(RefreshedClient client, CancellationToken cancel) =>
        (await client.Receiver.NextAsync(cancel))!.Value.Describe();

    /// <summary>Lets a client be refreshed from the group west to the group east and back, and looks at all that it gets.</summary>
    private async Task FollowAsync(Transport transport, Func<RefreshedClient, string, Task> refresh, CancellationToken cancel)
    {
        var (user, west, east) = (NewName("user"), NewName("west"), NewName("east"));
        string[] groups = [west];
        await using var client = await ConnectAsync(() => Tokens.For(user, groups), transport, cancel);
        await client.SubscribeAsync(cancel);
        for (var round = 1; round <= 4; round++)
        {
            groups = [round % 2 == 0 ? west : east];
            await refresh(client, Tokens.For(user, groups));
            var expected = new List<string> { "position" };
            foreach (var group in new[] { west, east })
            {
                var sequence = await Negotiator.PublishAsync(new { groups = new[] { group } }, $"{round}", cancel);
                if (groups.Contains(group)) expected.Add($"group:{group} {sequence} {round}");
            }
            expected.Add($"user:{user} {await Negotiator.PublishAsync(user, $"{round}", cancel)} {round}");
            Assert.That((await client.Receiver.TakeAsync(expected.Count, cancel)).Select(Items.Describe), Is.EqualTo(expected));
        }
    }

    private async Task<JsonElement> NegotiateAsync(string? token, string? cookie, CancellationToken cancel) => (await RawHttp.SendAsync(
        Negotiator.Address, "POST", "/hubs/orders/negotiate?negotiateVersion=1", token, [], cancel,
        cookie is null ? [] : [$"Cookie: {cookie}"])).Json;

    private async Task<string> SessionAsync(string token, string? before, CancellationToken cancel)
    {
        var answer = await RawHttp.SendAsync(
            Asked.Address, "POST", "/api/session", token, [], cancel, before is null ? [] : [$"Cookie: {before}"]);
        Assert.That(answer.Status, Is.EqualTo(204), answer.Text);
        return answer["Set-Cookie"]!.Split(';')[0];
    }

    private static DateTimeOffset InSeconds(int seconds) => TimeProvider.System.GetUtcNow().AddSeconds(seconds);

    private static bool HasPassed(DateTimeOffset time) => TimeProvider.System.GetUtcNow() >= time;
}
