using Realtime.Server.Log;
using Realtime.Server.Notifications;
using Realtime.Tests.Log;
using Realtime.Tests.Support;

namespace Realtime.Tests.Redis;

/// <summary>The connection for commands: cut, without incoming data, and to a server with a password.</summary>
[CancelAfter(90_000)]
internal sealed class CommandLinkTests : RedisPerTestFixture
{
    private readonly Topic _topic = Topic.User("of a short way");

    [Test]
    public async Task When_it_is_cut_each_append_ends_and_those_that_were_stored_have_their_numbers()
    {
        await using var node = await RedisNode.StartAndListenAsync(Redis.ConnectionString);
        var stored = new List<long>();
        var refused = 0;
        for (var round = 0; round < 5; round++)
        {
            var appends = Enumerable.Range(0, 200).Select(i => node.Log.StoreAsync(Drafts.Of($"{round}-{i}", _topic))).ToList();
            await Redis.AskAsync("CLIENT", "KILL", "TYPE", "normal");
            foreach (var append in appends)
            {
                try
                {
                    stored.AddRange((await append).Sequences);
                }
                catch (LogUnavailableException)
                {
                    refused++;
                }
            }
            await Eventually.True("there is a link again", async () => await IsStoredAsync(node, stored));
        }
        Assert.That(stored, Is.Unique.And.Ordered);
        Assert.That(stored, Has.Count.EqualTo(1_005 - refused));
        Assert.That(node.Log.AppendsInFlight, Is.Zero);
    }

    [Test]
    public async Task When_it_is_deaf_it_is_replaced()
    {
        await using var proxy = new TcpProxy(Redis.Port) { MarkedBy = "EVALSHA" };
        await using var node = await RedisNode.StartAndListenAsync($"127.0.0.1:{proxy.Port}");
        await node.Log.StoreAsync(Drafts.Of("1", _topic));
        var links = proxy.Accepted;
        proxy.SwallowMarked = true;
        Assert.That(() => node.Log.StoreAsync(Drafts.Of("unknown", _topic)), Throws.TypeOf<LogUnavailableException>());
        await Eventually.True("another link is set up", () => proxy.Accepted > links);
        proxy.SwallowMarked = false;
        await Eventually.True("it carries", async () => await IsStoredAsync(node, []));
        Assert.That(node.Log.AppendsInFlight, Is.Zero);
    }

    [Test]
    public async Task It_takes_the_password_and_the_database_of_the_connection_string()
    {
        await using var guarded = await RedisServers.StartAsync("--requirepass", "sekrit");
        await using var node = await RedisNode.StartAndListenAsync(guarded.ConnectionString + ",password=sekrit,defaultDatabase=3");
        await node.Log.StoreAsync(Drafts.Of("1", _topic));
        var page = await node.Log.ReadAsync(_topic, null, new PageLimit(9, 9_999), CancellationToken.None);
        Assert.That(page.Items, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_server_that_does_not_know_the_script_gets_its_text_in_order()
    {
        await using var node = await RedisNode.StartAndListenAsync(Redis.ConnectionString);
        var appends = Enumerable.Range(1, 300).Select(i => node.Log.StoreAsync(Drafts.Of($"{i}", _topic))).ToList();
        var stored = await Task.WhenAll(appends);
        Assert.That(stored.Select(one => one.Sequences[0]), Is.EqualTo(Enumerable.Range(1, 300)));
    }

    private async Task<bool> IsStoredAsync(RedisNode node, List<long> stored)
    {
        try
        {
            stored.AddRange((await node.Log.StoreAsync(Drafts.Of("again", _topic))).Sequences);
            return true;
        }
        catch (LogUnavailableException)
        {
            return false;
        }
    }
}
