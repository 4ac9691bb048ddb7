using Realtime.Server.Redis;
using Realtime.Tests.Support;

namespace Realtime.Tests.Redis;

/// <summary>A start with another prefix than the default says so if the database has an installation with the default one.</summary>
[CancelAfter(60_000)]
internal sealed class DefaultPrefixTests : RedisPerTestFixture
{
    private const string Warning = "Hub:Redis:Prefix is shop, and this database also has keys of the default prefix hub, such as ";

    [Test]
    public async Task Of_an_installation_with_the_default_prefix_there_is_a_warning_and_each_start_has_one()
    {
        await using (await StartAsync(RedisOptions.DefaultPrefix)) { }
        for (var start = 0; start < 2; start++)
        {
            // Several looks at Redis must not repeat it.
            await using var node = await StartAsync("shop", TimeSpan.FromMilliseconds(1));
            await LooksAsync(node, 3);
            Assert.That(Warnings(node), Is.EqualTo([$"Warning {Warning}hub:secret:news. This node does not use those: their notifications, "
                + "sessions and revocations do not exist for it. If that is not intended, remove the setting."]));
        }
    }

    [Test]
    public async Task Nodes_that_are_listed_are_enough_for_it()
    {
        await Redis.AskAsync("HSET", "hub:{nodes}", "0123456789abcdef", "1 http://127.0.0.1:1");
        await using var node = await StartAsync("shop");
        await LooksAsync(node, 1);
        Assert.That(Warnings(node), Has.Count.EqualTo(1).And.One.Contains(Warning + "hub:{nodes}."));
    }

    [Test]
    public async Task Without_such_keys_or_with_the_default_prefix_there_is_none()
    {
        await using (await StartAsync("another")) { }
        foreach (var prefix in (string[])["shop", RedisOptions.DefaultPrefix, RedisOptions.DefaultPrefix])
        {
            await using var node = await StartAsync(prefix, TimeSpan.FromMilliseconds(1));
            await LooksAsync(node, 1);
            Assert.That(Warnings(node), Is.Empty);
        }
    }

    [Test]
    public async Task An_ACL_for_the_own_prefix_alone_is_enough_and_is_no_complaint()
    {
        await using (await StartAsync(RedisOptions.DefaultPrefix)) { }
        await Redis.AskAsync("ACL", "SETUSER", "shop", "on", ">sekrit", "~shop:*", "&shop:*", "+@all");
        await using var node = await RedisNode.StartAsync(
            new RedisOptions { ConnectionString = Redis.ConnectionString + ",user=shop,password=sekrit", Prefix = "shop" },
            watch: TimeSpan.FromMilliseconds(1));
        await Eventually.True("it listens to its channels", () => node.HasSaid("Listening to announcements"));
        await LooksAsync(node, 1);
        Assert.That(node.Messages, Has.None.StartsWith("Warning"));
    }

    [Test]
    public async Task An_ACL_for_another_prefix_is_told_with_the_names_to_allow()
    {
        await Redis.AskAsync("ACL", "SETUSER", "shop", "on", ">sekrit", "~*", "&hub:*", "+@all");
        await using var node = await RedisNode.StartAsync(
            new RedisOptions { ConnectionString = Redis.ConnectionString + ",user=shop,password=sekrit", Prefix = "shop" });
        await Eventually.True("the line says what to allow", () => node.HasSaid("the channels shop:*, in an ACL: +@pubsub &shop:*"));
    }

    private async Task<RedisNode> StartAsync(string prefix, TimeSpan? watch = null)
    {
        var node = await RedisNode.StartAsync(
            new RedisOptions { ConnectionString = Redis.ConnectionString, Prefix = prefix }, watch: watch);
        await Eventually.Ends("Redis is reached", node.Connection.Reached);
        return node;
    }

    private static List<string> Warnings(RedisNode node) =>
        [.. node.Messages.Where(message => message.Contains("Hub:Redis:Prefix", StringComparison.Ordinal))];

    /// <summary>Waits until the node has looked at Redis after its start.</summary>
    private async Task LooksAsync(RedisNode node, int times)
    {
        Assert.That(node.Connection.Reached.IsCompleted);
        var before = await Redis.CallsOfAsync("time");
        await Eventually.True("it looks at Redis", async () => await Redis.CallsOfAsync("time") >= before + times);
    }
}
