using Microsoft.AspNetCore.SignalR;
using Realtime.Client;
using Realtime.Tests.Delivery;
using Realtime.Tests.Support;

namespace Realtime.Tests.Routing.Refreshes;

/// <content>What is refused says why, and changes nothing.</content>
internal abstract partial class RefreshContract
{
    [Test]
    public async Task A_connection_that_was_not_refreshed_takes_no_token_that_has_ended(CancellationToken cancel)
    {
        var user = NewName("user");
        await using var client = await ConnectAsync(() => Tokens.For(user), Transport.LongPolling, cancel);
        await client.SubscribeAsync(cancel);
        foreach (var node in new[] { Negotiator, Asked })
        {
            (await RawHttp.SendAsync(
                node.Address, "POST", $"/hubs/orders?id={client.ConnectionToken}", Tokens.For(user, InSeconds(-1)), [], cancel)).IsProblem(401);
        }
    }

    [Test]
    public async Task A_refused_request_has_the_status_and_the_word_of_SignalR_and_changes_nothing(CancellationToken cancel)
    {
        var (user, west) = (NewName("user"), NewName("west"));
        await using var client = await ConnectAsync(() => Tokens.For(user, [west]), Transport.WebSockets, cancel);
        await client.SubscribeAsync(cancel);
        var (token, connection) = (Tokens.For(user, InSeconds(2)), client.ConnectionToken);

        await RequireAsync(403, "user_changed", () => client.PostRefreshAsync(Asked.Address, Tokens.For(NewName("eve")), cancel));
        await RequireAsync(404, "connection_not_found", () => client.PostRefreshAsync(
            Asked.Address, Tokens.For(user, InSeconds(2), null, "admin"), cancel, "/hubs/operators"));
        foreach (var unknown in new[] { "unknown", $"{connection}x", connection[..^4], $"x{connection}" })
            await RequireAsync(404, "connection_not_found", () => RefreshedClient.PostRefreshAsync(Asked.Address, token, unknown, cancel));
        foreach (var headers in new string[][] { [], ["X-SignalR-Connection-Token: "] })
            await RequireAsync(400, "missing_connection_token", () =>
                RawHttp.SendAsync(Asked.Address, "POST", "/hubs/orders/refresh", token, [], cancel, headers));
        (await client.PostRefreshAsync(Asked.Address, null, cancel)).IsProblem(401);
        (await client.PostRefreshAsync(Asked.Address, Tokens.For(user, InSeconds(-1)), cancel)).IsProblem(401);
        (await client.PostRefreshAsync(Asked.Address, token, cancel, "/hubs/operators")).IsProblem(403);
        (await RawHttp.SendAsync(Asked.Address, "GET", "/hubs/orders/refresh", token, null, cancel)).IsProblem(405);
        var cookie = await SessionAsync(Tokens.For(user), null, cancel);
        await RequireAsync(403, "permission_change_rejected", () => RawHttp.SendAsync(
            Asked.Address, "POST", "/hubs/orders/refresh", null, [], cancel, $"Cookie: {cookie}",
            $"X-SignalR-Connection-Token: {connection}"));

        await Negotiator.PublishAsync(new { groups = new[] { west } }, "west", cancel);
        Assert.That(await NextAsync(client, cancel), Is.EqualTo($"group:{west} 1 west"));
    }

    [Test]
    public async Task The_hubs_method_says_why_it_refuses_and_changes_nothing(CancellationToken cancel)
    {
        var (user, west) = (NewName("user"), NewName("west"));
        await using var client = await ConnectAsync(() => Token(user, west, secondsFromNow: 5), Transport.WebSockets, cancel);
        await client.SubscribeAsync(cancel);
        foreach (var wrong in new object?[]
        {
            "", "x", null, 5, new { token = Tokens.For(user) }, Tokens.For(user) + "x", Tokens.For(user, InSeconds(-1)),
            Tokens.Mint(new { sub = user, exp = 4_000_000_000 }, key: new string('x', 40)),
        })
            await RequireAsync("Invalid token.", () => client.InvokeRefreshAsync(wrong, cancel));
        await RequireAsync("Token of another user.", () => client.InvokeRefreshAsync(Tokens.For(NewName("eve")), cancel));

        // The connection's own token is newer than the order to leave, and this one is not.
        var old = Token(user, west, secondsFromNow: 0);
        var admin = Tokens.For("the operator", null, "admin");
        Assert.That((await RawHttp.SendAsync(Negotiator.Address, "POST", $"/api/admin/disconnect?user={user}", admin, [], cancel)).Status,
            Is.EqualTo(202));
        await Eventually.True("it is known where the stream is", async () => (await RawHttp.SendAsync(
            Socket.Address, "GET", "/api/notifications?limit=1", old, null, cancel)).Status == 401, cancel);
        await RequireAsync("User is blocked.", () => client.InvokeRefreshAsync(old, cancel));
        await Negotiator.PublishAsync(new { groups = new[] { west } }, "west", cancel);
        Assert.That(await NextAsync(client, cancel), Is.EqualTo($"group:{west} 1 west"));

        static string Token(string user, string group, int secondsFromNow)
        {
            var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
            return Tokens.Mint(new { sub = user, groups = new[] { group }, iat = now + secondsFromNow, exp = now + 3_600 });
        }
    }

    private static async Task RequireAsync(int status, string word, Func<Task<RawAnswer>> ask)
    {
        var answer = await ask();
        answer.IsProblem(status, word);
        Assert.That(answer.Json.GetProperty("error").GetString(), Is.EqualTo(word));
    }

    private static async Task RequireAsync(string message, Func<Task> refresh)
    {
        var refused = Assert.CatchAsync<HubException>(() => refresh());
        Assert.That(refused!.Message, Does.EndWith($"HubException: {message}"));
        await Task.CompletedTask;
    }
}
