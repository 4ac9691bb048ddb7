using Realtime.Tests.Support;

namespace Realtime.Tests.Delivery;

/// <summary>A user and a group of one name are two topics, on each store: nothing of the one reaches or moves the other.</summary>
[TestFixture("SQLite")]
[TestFixture("Redis")]
[CancelAfter(60_000)]
internal sealed class SameNameTests(string store)
{
    private readonly AsyncDisposables _started = new();
    private ServerProcess _server = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        var settings = new Dictionary<string, string>();
        if (store == "Redis") settings["ConnectionStrings:Redis"] = _started.Add(await RedisServers.StartAsync()).ConnectionString;
        _server = _started.Add(await TestServer.StartAsync(settings));
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await _started.DisposeAsync();

    [Test]
    public async Task Each_is_delivered_to_its_own_readers_only(CancellationToken cancel)
    {
        await using var user = await EventStreamReceiver.ConnectAsync(_server.Address, Tokens.For("sales"), "latest", cancel);
        await using var member = await EventStreamReceiver.ConnectAsync(_server.Address, Tokens.For("bob", ["sales"]), "latest", cancel);
        await using var both = await EventStreamReceiver.ConnectAsync(_server.Address, Tokens.For("sales", ["sales"]), "latest", cancel);
        foreach (var reader in (EventStreamReceiver[])[user, member, both]) await reader.TakeAsync(1, cancel);
        await PublishAsync("sales", cancel);
        Assert.That(await TakeAsync(user, 2), Is.EqualTo(["user:sales 1 user 1", "user:sales 2 user 2"]));
        Assert.That(await TakeAsync(member, 1), Is.EqualTo(["group:sales 1 group 1"]));
        Assert.That(await TakeAsync(both, 3), Is.EquivalentTo(["user:sales 1 user 1", "group:sales 1 group 1", "user:sales 2 user 2"]));

        async Task<IEnumerable<string>> TakeAsync(EventStreamReceiver reader, int count) =>
            (await reader.TakeAsync(count, cancel)).Select(Items.Describe);
    }

    [Test]
    public async Task A_cursor_of_both_keeps_two_positions_and_history_two_topics(CancellationToken cancel)
    {
        var both = Tokens.For("west", ["west"]);
        await PublishAsync("west", cancel);
        var all = (await _server.HistoryAsync(both, "?after=earliest", cancel)).GetProperty("items").EnumerateArray().ToList();
        Assert.That(all.Select(Items.Describe),
            Is.EquivalentTo(["user:west 1 user 1", "group:west 1 group 1", "user:west 2 user 2"]));
        foreach (var (index, item) in all.Index())
        {
            // What a cursor says of one topic leaves the other where it was.
            var rest = await _server.HistoryAsync(both, $"?after={item.Cursor()}", cancel);
            Assert.That(
                rest.GetProperty("items").EnumerateArray().Select(Items.Describe), Is.EquivalentTo(all.Skip(index + 1).Select(Items.Describe)));
        }
        // A user who has left the group since: the group's position stays unused. To a member it is another user's cursor.
        var last = all[^1].Cursor();
        await PublishAsync("west", cancel);
        var own = await _server.HistoryAsync(Tokens.For("west"), $"?after={last}", cancel);
        Assert.That(own.GetProperty("items").EnumerateArray().Select(Items.Describe),
            Is.EqualTo(["user:west 3 user 1", "user:west 4 user 2"]));
        var member = await RawHttp.SendAsync(
            _server.Address, "GET", $"/api/notifications?after={last}", Tokens.For("bob", ["west"]), null, cancel);
        member.IsProblem(400);
    }

    [Test]
    public async Task What_is_acknowledged_of_one_stays_unread_of_the_other(CancellationToken cancel)
    {
        await PublishAsync("east", cancel);
        var page = await _server.HistoryAsync(Tokens.For("east"), "?after=earliest", cancel);
        var end = page.GetProperty("items").EnumerateArray().Last().Cursor();
        Assert.That(await _server.AcknowledgeAsync(Tokens.For("east"), end, cancel), Is.EqualTo((200, (long?)0)));
        Assert.That((await _server.AcknowledgeAsync(Tokens.For("east", ["east"]), end, cancel)).Unread, Is.EqualTo(1), "of the group");
    }

    private async Task PublishAsync(string name, CancellationToken cancel)
    {
        await _server.PublishAsync(new { users = new[] { name } }, "user 1", cancel);
        await _server.PublishAsync(new { groups = new[] { name } }, "group 1", cancel);
        await _server.PublishAsync(new { users = new[] { name } }, "user 2", cancel);
    }
}
