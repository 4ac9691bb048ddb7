using System.Net;
using Realtime.Server.Routing.Nodes;
using Realtime.Tests.Delivery;
using Realtime.Tests.Support;
using StackExchange.Redis;

namespace Realtime.Tests.Routing;

/// <summary>Nodes find each other through Redis, and do without it when they must.</summary>
[CancelAfter(90_000)]
[Parallelizable(ParallelScope.Children)]
internal sealed class RegistrationTests
{
    [Test]
    public async Task What_somebody_else_wrote_into_the_directory_is_repaired_with_a_word_about_it(CancellationToken cancel)
    {
        await using var redis = await RedisServers.StartAsync();
        await redis.AskAsync(database => database.StringSetAsync(DefaultNames.Keys.Nodes, "not a hash"));
        await redis.AskAsync(database => database.StringSetAsync(DefaultNames.Keys.NodesKey, "too short"));
        await redis.AskAsync(database => database.StringSetAsync(DefaultNames.Keys.NodesSpeak, "not a hash"));
        await using var node = await Node.StartAsync(redis, cancel: cancel);
        await using var other = await Node.StartAsync(redis, cancel: cancel);
        await AssertTheyForwardAsync(node, other, cancel);
        await node.Server.PrintedAsync(
            $"{DefaultNames.Keys.Nodes} and {DefaultNames.Keys.NodesSpeak} and {DefaultNames.Keys.NodesKey} in Redis held what no node wrote",
            cancel);

        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        HashEntry[] junk =
        [
            new("", ""), new("0123456789abcdef", $"{now} file:///etc/passwd"),
                new("fedcba9876543210", $"{now} http://user:secret@host/path"),
            new("x'; FLUSHALL", $"{now} http://127.0.0.1:1"), new("0000000000000000", $"{now + 1_000_000_000_000} http://127.0.0.1:1"),
                new("1111111111111111", new byte[] { 0xff, 0, 1 }),
        ];
        await redis.AskAsync(async database =>
        {
            await database.HashSetAsync(DefaultNames.Keys.Nodes, junk);
            return true;
        });
        await node.Server.PrintedAsync($"{DefaultNames.Keys.Nodes} in Redis holds 3 entries that no node wrote", cancel);
        await AssertTheyForwardAsync(node, other, cancel);
        Assert.That(await redis.AskAsync(database => database.HashExistsAsync(DefaultNames.Keys.Nodes, "0000000000000000")), Is.False,
            "stamps from the future go");

        await redis.AskAsync(database => database.KeyDeleteAsync(DefaultNames.Keys.NodesKey));
        await Eventually.True(
            "there is a key again", () => redis.AskAsync(database => database.KeyExistsAsync(DefaultNames.Keys.NodesKey)), cancel);
        await redis.AskAsync(database => database.KeyDeleteAsync(DefaultNames.Keys.Nodes));
        await Eventually.True(
            "both are listed again",
            async () => await redis.AskAsync(database => database.HashLengthAsync(DefaultNames.Keys.Nodes)) == 2, cancel);
        await AssertTheyForwardAsync(node, other, cancel);
    }

    [Test]
    public async Task Without_Redis_nodes_go_on_finding_each_other(CancellationToken cancel)
    {
        await using var redis = await RedisServers.StartAsync();
        await using var node = await Node.StartAsync(redis, cancel: cancel);
        await using var other = await Node.StartAsync(redis, cancel: cancel);
        // Each has met the other.
        await AssertTheyForwardAsync(node, other, cancel);
        await AssertTheyForwardAsync(other, node, cancel);
        await redis.KillAsync();
        await node.Server.PrintedAsync("The list of nodes cannot be read", cancel);
        await AssertTheyForwardAsync(node, other, cancel);
        await AssertTheyForwardAsync(other, node, cancel);
        await redis.StartAgainAsync();
        await node.Server.PrintedAsync("The list of nodes can be read again", cancel);
    }

    [Test]
    public async Task A_node_that_starts_without_Redis_waits_for_it(CancellationToken cancel)
    {
        await using var redis = await RedisServers.StartAsync();
        await redis.KillAsync();
        await using var node = await Node.StartAsync(redis, awaitReady: false, cancel: cancel);
        await Eventually.True("it lives", async () => await StatusAsync(node, "/health/live", cancel) == HttpStatusCode.OK, cancel);
        Assert.That(await StatusAsync(node, "/health/ready", cancel), Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        using var negotiation = new HttpRequestMessage(
            HttpMethod.Post, new Uri("/hubs/orders/negotiate?negotiateVersion=1", UriKind.Relative));
        negotiation.Headers.Authorization = new("Bearer", Tokens.For("alice"));
        using var answer = await node.Server.Http.SendAsync(negotiation, cancel);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That(answer.Headers.RetryAfter?.Delta, Is.EqualTo(TimeSpan.FromSeconds(1)));

        await redis.StartAgainAsync();
        await node.Server.ReadyAsync(cancel);
        await RawConnection.NegotiateAsync(node.Address, Tokens.For("alice"), cancel);
    }

    [Test]
    public async Task A_node_that_stops_takes_itself_off_the_list(CancellationToken cancel)
    {
        await using var redis = await RedisServers.StartAsync();
        await using var node = await Node.StartAsync(redis, cancel: cancel);
        await RawConnection.NegotiateAsync(node.Address, Tokens.For("alice"), cancel);
        Assert.That(await LengthsAsync(), Is.EqualTo((1, 1)));
        await node.Server.StopAsync();
        Assert.That(await LengthsAsync(), Is.EqualTo((0, 0)));

        async Task<(long Nodes, long Versions)> LengthsAsync() => (
            await redis.AskAsync(database => database.HashLengthAsync(DefaultNames.Keys.Nodes)),
            await redis.AskAsync(database => database.HashLengthAsync(DefaultNames.Keys.NodesSpeak)));
    }

    [Test]
    public async Task A_node_says_its_version_and_takes_away_those_of_nodes_that_are_gone(CancellationToken cancel)
    {
        await using var redis = await RedisServers.StartAsync();
        await redis.AskAsync(database => database.HashSetAsync(DefaultNames.Keys.NodesSpeak, "0123456789abcdef", "7"));
        await using var node = await Node.StartAsync(redis, cancel: cancel);
        var id = (await RawConnection.NegotiateAsync(node.Address, Tokens.For("alice"), cancel)).Node;
        var versions = await redis.AskAsync(database => database.HashGetAllAsync(DefaultNames.Keys.NodesSpeak));
        Assert.That(versions, Is.EqualTo([new HashEntry(id, NodeVersions.Current)]));
    }

    [Test]
    public async Task A_cursor_of_the_new_format_is_written_only_when_an_upgrade_is_not_taken_back_any_more(CancellationToken cancel)
    {
        await using var redis = await RedisServers.StartAsync();
        var (old, now) = ("0123456789abcdef", TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds());
        await redis.AskAsync(database => database.HashSetAsync(DefaultNames.Keys.Nodes, old, $"{now} http://127.0.0.1:1"));
        await using var node = await Node.StartAsync(redis, cancel: cancel);
        Assert.That(await VersionAsync(), Is.EqualTo('1'), "a node of the first version is listed");

        await redis.AskAsync(database => database.HashDeleteAsync(DefaultNames.Keys.Nodes, old));
        await using var next = await Node.StartAsync(redis, cancel: cancel);
        await AssertTheyForwardAsync(next, node, cancel);
        await AssertTheyForwardAsync(node, next, cancel);
        Assert.That(await VersionAsync(), Is.EqualTo('1'), "it was listed a moment ago");

        await redis.AskAsync(database => database.HashSetAsync(DefaultNames.Keys.NodesVersions, "1", $"{now - 600_001}"));
        await Eventually.True("it writes what all nodes read", async () => await VersionAsync() == '2', cancel);
        Assert.That(await redis.AskAsync(database => database.HashKeysAsync(DefaultNames.Keys.NodesVersions)),
            Is.EqualTo(new RedisValue[] { NodeVersions.Current }));

        async Task<char> VersionAsync()
        {
            await using var reader = await EventStreamReceiver.ConnectAsync(node.Address, Tokens.For("alice"), "latest", cancel);
            return (await reader.NextAsync(cancel))!.Value.Cursor()[0];
        }
    }

    [Test]
    public async Task A_node_that_drains_is_still_found(CancellationToken cancel)
    {
        await using var redis = await RedisServers.StartAsync();
        await using var node = await Node.StartAsync(redis, cancel: cancel);
        await using var owner = await Node.StartAsync(
            redis, new Dictionary<string, string> { ["Hub:Drain:Duration"] = "00:00:10" }, cancel: cancel);
        // Enough readers for a drain that takes its time.
        await using var readers = new AsyncDisposables();
        for (var n = 0; n < 20; n++)
            readers.Add(await EventStreamReceiver.ConnectAsync(owner.Address, Tokens.For("bob"), "latest", cancel));
        owner.Server.Send(Signal.Terminate);
        await Eventually.True(
            "it drains", async () => await StatusAsync(owner, "/health/ready", cancel) == HttpStatusCode.ServiceUnavailable, cancel);
        await AssertTheyForwardAsync(node, owner, cancel);
    }

    [Test]
    public async Task A_loopback_address_is_pointed_out(CancellationToken cancel)
    {
        await using var redis = await RedisServers.StartAsync();
        await using var node = await Node.StartAsync(redis, cancel: cancel);
        await node.Server.PrintedAsync("which leads every machine to itself. Set Hub:Node:Address", cancel);
    }

    [Test]
    public async Task An_address_that_is_none_is_refused_at_the_start(CancellationToken cancel)
    {
        await using var server = await ServerProcess.StartAsync(new ServerSettings
        {
            AwaitReady = false,
            Settings = new Dictionary<string, string> { ["Hub:Node:Address"] = "hub-1:8080" },
        }, cancel);
        Assert.That(await server.ExitAsync(), Is.EqualTo(1));
        Assert.That(server.Output, Does.Contain("Hub:Node:Address is \"hub-1:8080\": give it scheme, host and port"));
    }

    private static async Task AssertTheyForwardAsync(Node node, Node owner, CancellationToken cancel)
    {
        var connection = await RawConnection.NegotiateAsync(owner.Address, Tokens.For("alice"), cancel);
        Assert.That(await connection.PollAsync(node.Address, cancel), Is.EqualTo((200, "")));
        Assert.That((await connection.DeleteAsync(node.Address, cancel)).Status, Is.EqualTo(202));
    }

    private static async Task<HttpStatusCode> StatusAsync(Node node, string path, CancellationToken cancel)
    {
        try
        {
            using var answer = await node.Server.Http.GetAsync(new Uri(path, UriKind.Relative), cancel);
            return answer.StatusCode;
        }
        catch (HttpRequestException)
        {
            return 0;
        }
    }
}
