using Realtime.Server.Log;
using Realtime.Server.Notifications;
using Realtime.Tests.Log;
using Realtime.Tests.Support;

namespace Realtime.Tests.Redis;

/// <summary>
/// Nodes of the first complete version (e4c6052) and of this one append to the same topics while an upgrade rolls through them.
/// </summary>
[CancelAfter(60_000)]
internal sealed class MixedVersionTests : RedisPerTestFixture
{
    private const string Count = "10000", AgeMs = "259200000", OnceMs = "90000000";

    private static readonly string Old = File.ReadAllText(Repository.PathOf("Hub.Tests/Redis/append-of-e4c6052.lua"));
    private static readonly string New = File.ReadAllText(Repository.PathOf("Hub.Server/Log/Redis/Appends/append.lua"));

    private readonly Topic _topic = Topic.User("of both versions");

    [Test]
    public async Task Both_count_on_and_readers_hear_and_read_one_log()
    {
        await using var node = await RedisNode.StartAndListenAsync(Redis.ConnectionString);
        var reader = node.Read(_topic);
        await reader.BeginsAsync();
        for (var i = 1; i <= 20; i++)
        {
            var draft = Drafts.Of($"{i}", _topic);
            var sequence = i % 3 == 0 ? (await node.Log.StoreAsync(draft)).Sequences[0] : await AppendByOldAsync(Drafts.TextOf(draft));
            Assert.That(sequence, Is.EqualTo(i));
        }
        await reader.GetsAsync([.. Enumerable.Range(1, 20).Select(i => $"{i}")]);
        var page = await node.Log.ReadAsync(_topic, null, new PageLimit(100, 100_000), CancellationToken.None);
        Assert.That(page.Items.Select(item => item.Position.Sequence), Is.EqualTo(Enumerable.Range(1, 20)));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task What_one_version_stored_the_other_one_does_not_store_again(bool oldFirst)
    {
        var body = Drafts.TextOf(Drafts.Of("1", _topic));
        await AppendByOldAsync(Drafts.TextOf(Drafts.Of("0", _topic)));
        Assert.That(await (oldFirst ? AppendByOldAsync(body, "id") : AppendByNewAsync(body, "id")), Is.EqualTo(2));
        Assert.That(await (oldFirst ? AppendByNewAsync(body, "id") : AppendByOldAsync(body, "id")), Is.EqualTo(2));
        Assert.That(await Redis.AskAsync("XLEN", $"hub:log:{{{_topic.Text}}}"), Is.EqualTo(["2"]));
    }

    private async Task<long> AppendByOldAsync(string body, string? once = null)
    {
        string[] keys = Keys(once);
        return long.Parse(
            (await Redis.AskAsync(["EVAL", RedisTalk.Utf8(Old), $"{keys.Length}", .. keys, body, Channel, Count, AgeMs, OnceMs]))[0],
            null);
    }

    private async Task<long> AppendByNewAsync(string body, string? once = null)
    {
        string[] keys = Keys(once);
        var keyed = once is null ? "" : "1";
        return long.Parse(
            (await Redis.AskAsync(
                ["EVAL", RedisTalk.Utf8(New), $"{keys.Length}", .. keys, Count, AgeMs, OnceMs, keyed, "secret", "0", body, Channel]))[0],
                null);
    }

    private string Channel => $"hub:news:{{{_topic.Text}}}";

    private string[] Keys(string? once)
    {
        string[] keys = [$"hub:log:{{{_topic.Text}}}", $"hub:head:{{{_topic.Text}}}"];
        return once is null ? keys : [.. keys, $"hub:once:{{{_topic.Text}}}:{once}"];
    }
}
