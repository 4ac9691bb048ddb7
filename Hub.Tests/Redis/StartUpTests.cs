using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using Realtime.Tests.Delivery;
using Realtime.Tests.Support;

namespace Realtime.Tests.Redis;

/// <summary>How a real node starts with Redis: there or not, and what nodes share from the first moment on.</summary>
[CancelAfter(120_000)]
[Parallelizable(ParallelScope.Children)]
internal sealed class StartUpTests
{
    [Test]
    public async Task A_node_that_starts_while_Redis_is_away_stays_up_and_heals_by_itself(CancellationToken cancel)
    {
        await using var redis = await RedisServers.StartAsync();
        await redis.KillAsync();
        await using var node = await RedisOutageTests.StartNodeAsync(redis.ConnectionString, awaitReady: false);
        await Eventually.True("the node is alive", async () => await StatusAsync(node, "/health/live", cancel) == 200, cancel);
        Assert.That(await StatusAsync(node, "/health/ready", cancel), Is.EqualTo(503));
        using var refused = await node.TryPublishAsync(new { everyone = true }, "1", cancel);
        Assert.That((int)refused.StatusCode, Is.EqualTo(503));
        Assert.That(
            await EndSessionAsync(node, "hub-session=unreadable", cancel), Is.EqualTo(503), "it may be one that other nodes still honour");
        Assert.That(await EndSessionAsync(node, "another=cookie", cancel), Is.EqualTo(204), "there is none to end");
        await using (var stream = await EventStreamReceiver.ConnectAsync(node.Address, Tokens.For("alice"), null, cancel))
            Assert.That((await stream.TakeAsync(1, cancel))[0].Describe(), Is.EqualTo("closing unavailable"));

        using (var unread = await ReadByCookieAsync(node, "/api/notifications/unread", cancel))
        {
            Assert.That((int)unread.StatusCode, Is.EqualTo(503), "there may be a session");
            Assert.That(unread.Headers.RetryAfter?.Delta, Is.EqualTo(TimeSpan.FromSeconds(1)));
        }
        await using (var stream = await EventStreamReceiver.ConnectByCookieAsync(node.Address, "hub-session=unreadable", cancel))
        {
            Assert.That((await stream.NextAsync(cancel))!.Value.Describe(), Is.EqualTo("closing unavailable"),
                "a browser comes back on nothing but 200");
            Assert.That(await stream.NextAsync(cancel), Is.Null);
        }

        await redis.StartAgainAsync();
        await node.ReadyAsync(cancel);
        using (var unread = await ReadByCookieAsync(node, "/api/notifications/unread", cancel))
            Assert.That((int)unread.StatusCode, Is.EqualTo(401), "there is none");
        Assert.That(await node.PublishAsync("alice", "1", cancel), Is.EqualTo(1));
        Assert.That(node.HasExited, Is.False);
    }

    [Test]
    public async Task A_node_whose_Redis_is_there_opens_its_port_only_once_it_can_use_it(CancellationToken cancel)
    {
        await using var redis = await RedisServers.StartAsync();
        await using var node = await RedisOutageTests.StartNodeAsync(redis.ConnectionString, awaitReady: false);
        await Eventually.True("the port is open", async () =>
        {
            using var client = new TcpClient();
            return await client.ConnectAsync(node.Address.Host, node.Port, cancel).AsTask()
                .ContinueWith(connecting => connecting.IsCompletedSuccessfully, TaskScheduler.Default);
        }, cancel);
        Assert.That(await StatusAsync(node, "/health/ready", cancel), Is.EqualTo(200), "a balancer would send it publishes now");
    }

    [Test]
    public async Task While_the_key_of_Development_cannot_be_read_from_Redis_tokens_are_neither_good_nor_bad(CancellationToken cancel)
    {
        await using var node = await ServerProcess.StartAsync(new()
        {
            AwaitReady = false,
            Settings = new Dictionary<string, string> { ["ConnectionStrings:Redis"] = $"127.0.0.1:{FreePort.Next()}" },
        }, cancel);
        await Eventually.True("the node is alive", async () => await StatusAsync(node, "/health/live", cancel) == 200, cancel);
        await using (var stream = await EventStreamReceiver.ConnectAsync(node.Address, Tokens.For("alice"), null, cancel))
            Assert.That((await stream.NextAsync(cancel))!.Value.Describe(), Is.EqualTo("closing unavailable"));
        const string negotiation = "/hubs/orders/negotiate?negotiateVersion=1", accept = "Accept: text/event-stream";
        (await RawHttp.SendAsync(node.Address, "POST", negotiation, Tokens.For("alice"), [], cancel)).IsProblem(503);
        foreach (var bad in (string[])[Tokens.For("alice", TimeProvider.System.GetUtcNow().AddSeconds(-1)), "nonsense"])
            (await RawHttp.SendAsync(node.Address, "GET", "/api/notifications", bad, null, cancel, accept)).IsProblem(401);
    }

    [Test]
    public async Task Development_nodes_share_one_signing_key_in_Redis(CancellationToken cancel)
    {
        await using var redis = await RedisServers.StartAsync("--requirepass", "a=secret");
        var settings = new ServerSettings
        {
            Settings = new Dictionary<string, string> { ["ConnectionStrings:Redis"] = redis.ConnectionString + ",password=a=secret" },
        };
        var nodes = await Task.WhenAll(ServerProcess.StartAsync(settings, cancel), ServerProcess.StartAsync(settings, cancel));
        await using var one = nodes[0];
        await using var two = nodes[1];
        using var made = await one.Http.PostAsJsonAsync(new Uri("/dev/token", UriKind.Relative), new { user = "alice" }, cancel);
        var token = (await made.Content.ReadFromJsonAsync<JsonElement>(cancel)).GetProperty("accessToken").GetString()!;
        Assert.That((await two.HistoryAsync(token, "", cancel)).GetProperty("more").GetBoolean(), Is.False);
        Assert.That(File.Exists(Path.Combine(one.DataPath, "signing-key")), Is.False);

        await one.PrintedAsync("Log: Redis at 127.0.0.1:", cancel);
        Assert.That(one.Output + two.Output, Does.Not.Contain("secret"));
    }

    [Test]
    public async Task A_wrong_connection_string_ends_the_start_with_how_to_mend_it(CancellationToken cancel)
    {
        await using var node = await RedisOutageTests.StartNodeAsync("host:6379,passwort=sekrit", awaitReady: false);
        Assert.That(await node.ExitAsync(), Is.EqualTo(1));
        await node.PrintedAsync("ConnectionStrings:Redis has the unknown option passwort: correct its name or remove it.", cancel);
        Assert.That(node.Output, Does.Not.Contain("sekrit"));
    }

    [Test]
    public async Task A_wrong_prefix_ends_the_start_with_what_is_allowed(CancellationToken cancel)
    {
        await using var node = await TestServer.StartAsync(new ServerSettings
        {
            Settings = new Dictionary<string, string> { ["ConnectionStrings:Redis"] = "host:6379", ["Hub:Redis:Prefix"] = "Shop:2" },
            AwaitReady = false,
        }, cancel);
        Assert.That(await node.ExitAsync(), Is.EqualTo(1));
        await node.PrintedAsync("Hub:Redis:Prefix is \"Shop:2\": write 1 to 32 characters of a-z, 0-9 and -", cancel);
        Assert.That(node.Output, Does.Not.Contain("Unhandled exception"));
    }

    private static async Task<HttpResponseMessage> ReadByCookieAsync(ServerProcess node, string path, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(path, UriKind.Relative));
        request.Headers.Add("Cookie", "hub-session=unreadable");
        return await node.Http.SendAsync(request, cancel);
    }

    private static async Task<int> EndSessionAsync(ServerProcess node, string cookie, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Delete, new Uri("/api/session", UriKind.Relative));
        request.Headers.Add("Cookie", cookie);
        using var answer = await node.Http.SendAsync(request, cancel);
        return (int)answer.StatusCode;
    }

    private static async Task<int> StatusAsync(ServerProcess node, string path, CancellationToken cancel)
    {
        try
        {
            using var answer = await node.Http.GetAsync(new Uri(path, UriKind.Relative), cancel);
            return (int)answer.StatusCode;
        }
        catch (HttpRequestException)
        {
            return 0;   // it does not listen yet
        }
    }
}
