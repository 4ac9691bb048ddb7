using Realtime.Server.Notifications;
using Realtime.Server.Redis;
using Realtime.Server.Redis.Data;

namespace Realtime.Tests.Redis;

/// <summary>What keys and channels are called. Installations have data under these names, and nodes of other versions use them.</summary>
internal sealed class NameTests
{
    private static readonly Topic Reader = Topic.User("42");

    /// <summary>With the default prefix and database 0.</summary>
    private static readonly string[] Keys =
    [
        "hub:log:{user:42}", "hub:head:{user:42}", "hub:once:{user:42}:7", "hub:acknowledged:{user:42}", "hub:claim:shop\0key",
        "hub:{nodes}", "hub:{nodes}:key", "hub:{nodes}:speaks", "hub:{nodes}:versions", "hub:secret:signing", "hub:secret:news",
        "hub:keys:session", "hub:keys:session:lock", "hub:ended:abc", "hub:{ended}", "hub:{ended}:since", "hub:{revoked}",
        "hub:{revoked}:version",
    ];

    /// <inheritdoc cref="Keys"/>
    private static readonly string[] Channels =
    [
        "hub:news:{user:42}", "hub:news:{user:42}", "hub:beacon:a1", "hub:ended", "hub:revoked", "hub:refresh", "hub:refreshed:a1",
        "hub:operators:",
    ];

    private static string[] KeysOf(RedisKeys keys) =>
    [
        keys.Log(Reader)!, keys.Head(Reader)!, keys.Once(Reader, "7")!, keys.Acknowledged("42")!, keys.KeyRecord("shop", "key")!,
        keys.Nodes, keys.NodesKey, keys.NodesSpeak, keys.NodesVersions, keys.SigningKey, keys.AnnouncementSecret,
        keys.SessionKeys, keys.SessionKeysLock, keys.EndedSession("abc")!, keys.EndedSessions, keys.EndedSessionsSince, keys.Revoked,
        keys.RevokedVersion,
    ];

    private static string[] ChannelsOf(RedisChannels channels) =>
    [
        channels.Announcements(Reader)!, channels.AnnouncementsName(Reader), channels.Beacon("a1")!, channels.SessionEnds!,
        channels.UserRevoked!, channels.Refresh!, channels.Refreshed("a1")!, channels.OperatorsPrefix!,
    ];

    [Test]
    public void With_the_defaults_every_key_and_channel_is_called_as_ever()
    {
        var prefix = new RedisOptions().Prefix;
        Assert.That(KeysOf(new RedisKeys(prefix)), Is.EqualTo(Keys));
        Assert.That(ChannelsOf(new RedisChannels(prefix, 0)), Is.EqualTo(Channels));
    }

    [Test]
    public void Another_prefix_stands_in_all_of_them_instead_of_the_default()
    {
        Assert.That(KeysOf(new RedisKeys("shop-2")), Is.EqualTo(Keys.Select(Renamed)));
        Assert.That(ChannelsOf(new RedisChannels("shop-2", 0)), Is.EqualTo(Channels.Select(Renamed)));

        static string Renamed(string name) => "shop-2" + name["hub".Length..];
    }

    [Test]
    public void Channels_of_another_database_than_0_end_with_its_number() => Assert.That(
        ChannelsOf(new RedisChannels("shop-2", 3)),
        Is.EqualTo([
            "shop-2:news:{user:42}@3", "shop-2:news:{user:42}@3", "shop-2:beacon:a1@3", "shop-2:ended@3", "shop-2:revoked@3",
            "shop-2:refresh@3", "shop-2:refreshed:a1@3", "shop-2:operators@3:",
        ]));

    [TestCase("hub:news:{user:42}", "hub", 0, ExpectedResult = "user:42")]
    [TestCase("shop-2:news:{user:42}", "shop-2", 0, ExpectedResult = "user:42")]
    [TestCase("shop-2:news:{user:42}@3", "shop-2", 3, ExpectedResult = "user:42")]
    [TestCase("shop-2:news:{user:42}", "hub", 0, ExpectedResult = null)]
    [TestCase("hub:news:{user:42}", "shop-2", 0, ExpectedResult = null)]
    [TestCase("hub-2:news:{user:42}", "hub", 0, ExpectedResult = null)]
    [TestCase("hub:news:{user:42}@3", "hub", 0, ExpectedResult = null)]
    public string? A_channel_of_another_prefix_or_database_names_no_topic(string channel, string prefix, int database) =>
        new RedisChannels(prefix, database).TryReadAnnouncements(System.Text.Encoding.UTF8.GetBytes(channel), out var topic)
            ? System.Text.Encoding.UTF8.GetString(topic)
            : null;

    [Test]
    public void Only_keys_of_the_own_prefix_are_idempotency_records()
    {
        var keys = new RedisKeys("shop-2");
        Assert.That(keys.IsKeyRecord(keys.KeyRecord("shop", "key")));
        Assert.That(keys.IsKeyRecord("hub:claim:shop\0key"), Is.False);
    }

    [TestCase("hub")]
    [TestCase("a")]
    [TestCase("2-shops")]
    [TestCase("0123456789abcdef0123456789abcdef", Description = "32 characters")]
    public void A_good_prefix_is_taken(string prefix) => Assert.That(FaultOf(prefix), Is.Null);

    [TestCase("")]
    [TestCase(" ")]
    [TestCase("Shop")]
    [TestCase("shop:2")]
    [TestCase("shop_2")]
    [TestCase("{shop}")]
    [TestCase("shop*")]
    [TestCase("shop\n")]
    [TestCase("schön")]
    [TestCase("٣")]
    [TestCase("0123456789abcdef0123456789abcdefg", Description = "33 characters")]
    public void Any_other_prefix_is_refused_with_what_is_allowed(string prefix) => Assert.That(
        FaultOf(prefix),
        Is.EqualTo($"Hub:Redis:Prefix is \"{prefix}\": write 1 to 32 characters of a-z, 0-9 and -, or remove the setting to have the default, hub."));

    private static string? FaultOf(string prefix) =>
        new RedisOptionsValidator().Validate(null, new() { ConnectionString = "localhost", Prefix = prefix }).FailureMessage;
}
