using System.Globalization;
using System.Text.Json;
using Realtime.Tests.Support;

namespace Realtime.Tests.Delivery;

/// <summary>Four ways of receiving, one meaning: every scenario runs on each of them, against the real server.</summary>
[CancelAfter(60_000)]
internal abstract class DeliveryContract
{
    private const string Hostile = "data: x\u2028id: \\u001e </script> é😀";

    // More than any single test opens in sequence: a place becomes free only when the server has noticed that its reader left.
    private const int ConnectionsPerUser = 12;

    private static int _users;

    private ServerProcess _server = null!;

    protected ServerProcess Server => _server;

    protected Uri Address => _server.Address;

    [OneTimeSetUp]
    public async Task StartServerAsync() => _server = await TestServer.StartAsync(new Dictionary<string, string>
    {
        ["Hub:Retention:Count"] = "50",
        ["Hub:Limits:ConnectionsPerUser"] = ConnectionsPerUser.ToString(CultureInfo.InvariantCulture),
    });

    [OneTimeTearDown]
    public async Task StopServerAsync() => await _server.DisposeAsync();

    protected abstract Task<IReceiver> ConnectAsync(string token, string? after, CancellationToken cancel);

    /// <summary>Connects with a token whose user has as many connections as it may.</summary>
    protected abstract Task RequireOneMoreIsRefusedAsync(string token, CancellationToken cancel);

    [Test]
    public async Task The_first_item_is_a_bare_position(CancellationToken cancel)
    {
        await using var reader = await ConnectAsync(Tokens.For(NewUser()), null, cancel);
        Assert.That((await reader.NextAsync(cancel))!.Value.IsPosition());
    }

    [Test]
    public async Task A_notification_arrives_as_it_was_published(CancellationToken cancel)
    {
        var user = NewUser();
        await using var reader = await ConnectAsync(Tokens.For(user), "latest", cancel);
        await reader.TakeAsync(1, cancel);
        await _server.PublishAsync(user, "order 1", cancel);
        var item = (await reader.NextAsync(cancel))!.Value;
        Assert.Multiple(() =>
        {
            Assert.That(item.EnumerateObject()
                .Select(p => p.Name), Is.EqualTo(["cursor", "topic", "sequence", "id", "type", "orderId", "time", "data"]));
            Assert.That(item.Describe(), Is.EqualTo($"user:{user} 1 order 1"));
            Assert.That(item.GetProperty("data").GetRawText(), Is.EqualTo("""{"total":1.5}"""));
        });
    }

    [Test]
    public async Task A_reader_gets_its_own_its_groups_and_everybodys_and_nothing_else(CancellationToken cancel)
    {
        var (user, group) = (NewUser(), NewUser());
        await using var reader = await ConnectAsync(Tokens.For(user, [group]), "latest", cancel);
        await reader.TakeAsync(1, cancel);
        await _server.PublishAsync(NewUser(), "somebody else's", cancel);
        await _server.PublishAsync(new { groups = new[] { NewUser() } }, "another group's", cancel);
        await _server.PublishAsync(new { users = new[] { user }, groups = new[] { group } }, "mine and ours", cancel);
        await _server.PublishAsync(new { everyone = true }, "everybody's", cancel);
        var items = await reader.TakeAsync(3, cancel);
        Assert.That(items.Select(i => i.GetProperty("topic").GetString()), Is.EqualTo([$"user:{user}", $"group:{group}", "all"]));
        Assert.That(items[0].GetProperty("id").GetString(), Is.EqualTo(items[1].GetProperty("id").GetString()), "one notification, one id");
    }

    [Test]
    public async Task A_reader_that_comes_back_catches_up_once_and_in_order(CancellationToken cancel)
    {
        var user = NewUser();
        string cursor;
        await using (var before = await ConnectAsync(Tokens.For(user), "latest", cancel))
        {
            // "latest" is the head at the time when the server sends the reader its position.
            await before.TakeAsync(1, cancel);
            await _server.PublishAsync(user, "order 1", cancel);
            cursor = (await before.NextAsync(cancel))!.Value.Cursor();
        }
        for (var n = 2; n <= 30; n++) await _server.PublishAsync(user, $"order {n}", cancel);
        await using var after = await ConnectAsync(Tokens.For(user), cursor, cancel);
        var items = await after.TakeAsync(30, cancel);
        Assert.That(items.Skip(1).Select(Items.Describe), Is.EqualTo(Enumerable.Range(2, 29).Select(n => $"user:{user} {n} order {n}")));
        await _server.PublishAsync(user, "live", cancel);
        Assert.That((await after.NextAsync(cancel))!.Value.Describe(), Is.EqualTo($"user:{user} 31 live"));
    }

    [Test]
    public async Task Every_cursor_of_a_replay_is_a_place_to_go_on_from(CancellationToken cancel)
    {
        var (user, group) = (NewUser(), NewUser());
        for (var n = 0; n < 4; n++)
            await _server.PublishAsync(new { users = new[] { user }, groups = new[] { group } }, $"order {n}", cancel);
        var token = Tokens.For(user, [group]);
        List<JsonElement> all;
        await using (var reader = await ConnectAsync(token, "earliest", cancel)) all = await OwnAsync(reader, 8, cancel);
        for (var cut = 0; cut < all.Count; cut++)
        {
            await using var reader = await ConnectAsync(token, all[cut].Cursor(), cancel);
            var rest = await OwnAsync(reader, all.Count - cut - 1, cancel);
            Assert.That(rest.Select(Items.Describe), Is.EqualTo(all.Skip(cut + 1).Select(Items.Describe)), $"cut after {cut + 1}");
        }
    }

    [Test]
    public async Task Without_a_cursor_a_user_gets_what_it_has_not_acknowledged(CancellationToken cancel)
    {
        var user = NewUser();
        for (var n = 1; n <= 3; n++) await _server.PublishAsync(user, $"order {n}", cancel);
        List<JsonElement> all;
        await using (var reader = await ConnectAsync(Tokens.For(user), null, cancel)) all = await OwnAsync(reader, 3, cancel);
        Assert.That(await _server.AcknowledgeAsync(Tokens.For(user), all[1].Cursor(), cancel), Is.EqualTo((200, (long?)1)));
        await using var again = await ConnectAsync(Tokens.For(user), null, cancel);
        Assert.That((await OwnAsync(again, 1, cancel)).Select(Items.Describe), Is.EqualTo([$"user:{user} 3 order 3"]));
    }

    [Test]
    public async Task What_retention_removed_is_a_gap_with_its_borders(CancellationToken cancel)
    {
        var user = NewUser();
        string cursor;
        await using (var before = await ConnectAsync(Tokens.For(user), "latest", cancel)) cursor =
            (await before.TakeAsync(1, cancel))[0].Cursor();
        for (var n = 1; n <= 80; n++) await _server.PublishAsync(user, $"order {n}", cancel);
        await RetentionAsync(user, 31, cancel);
        await using var after = await ConnectAsync(Tokens.For(user), cursor, cancel);
        var items = await after.TakeAsync(52, cancel);
        Assert.That(items[1].Describe(), Is.EqualTo($"gap user:{user} 0-31 expired"));
        Assert.That(items.Skip(2).Select(i => i.GetProperty("sequence").GetInt64()), Is.EqualTo(Enumerable.Range(31, 50)));
    }

    [Test]
    public async Task A_stream_ends_before_its_token_does(CancellationToken cancel)
    {
        var expiry = TimeProvider.System.GetUtcNow().AddSeconds(5);
        await using var reader = await ConnectAsync(Tokens.For(NewUser(), expiry), "latest", cancel);
        var items = await reader.TakeAllAsync(cancel);
        Assert.That(items[^1].Describe(), Is.EqualTo("closing token-expired"));
        Assert.That(TimeProvider.System.GetUtcNow(), Is.LessThan(expiry.AddSeconds(2)));
    }

    [Test]
    public async Task One_connection_too_many_is_told_so(CancellationToken cancel)
    {
        var token = Tokens.For(NewUser());
        await using var connections = new AsyncDisposables();
        for (var n = 0; n < ConnectionsPerUser; n++)
            Assert.That((await connections.Add(await ConnectAsync(token, "latest", cancel)).NextAsync(cancel))!.Value.IsPosition());
        await RequireOneMoreIsRefusedAsync(token, cancel);
    }

    [Test]
    public async Task A_place_is_free_again_when_its_reader_has_left(CancellationToken cancel)
    {
        var token = Tokens.For(NewUser());
        for (var n = 0; n < 2 * ConnectionsPerUser; n++)
        {
            await Eventually.True("there is a place", async () =>
            {
                await using var reader = await ConnectAsync(token, "latest", cancel);
                return (await reader.NextAsync(cancel))!.Value.IsPosition();
            }, cancel);
        }
    }

    [Test]
    public async Task Names_and_data_that_look_like_framing_arrive_whole(CancellationToken cancel)
    {
        var user = NewUser() + "\"\\ <script>\u2028é😀:";
        await using var reader = await ConnectAsync(Tokens.For(user), "latest", cancel);
        await reader.TakeAsync(1, cancel);
        await _server.PublishAsync(user, Hostile, cancel);
        var item = (await reader.NextAsync(cancel))!.Value;
        Assert.That(item.GetProperty("topic").GetString(), Is.EqualTo("user:" + user));
        Assert.That(item.GetProperty("orderId").GetString(), Is.EqualTo(Hostile));
    }

    [Test]
    public async Task The_deepest_body_that_is_accepted_arrives_with_a_parsers_default(CancellationToken cancel)
    {
        var user = NewUser();
        await using var reader = await ConnectAsync(Tokens.For(user), "latest", cancel);
        await reader.TakeAsync(1, cancel);
        for (var levels = Nesting.Deepest - 1; levels <= Nesting.Deepest; levels++)
        {
            Assert.That(await _server.PublishTextAsync(Nesting.Body(user, levels), cancel), Is.EqualTo(202));
            Assert.That((await reader.NextAsync(cancel))!.Value.GetProperty("data").GetRawText(), Is.EqualTo(Nesting.Data(levels)));
        }
        Assert.That(await _server.PublishTextAsync(Nesting.Body(user, Nesting.Deepest + 1), cancel), Is.EqualTo(400));
    }

    protected static string NewUser() => $"reader-{Interlocked.Increment(ref _users)}";

    /// <summary>Skips notifications for everyone, which other tests on the same server may publish.</summary>
    private static async Task<List<JsonElement>> OwnAsync(IReceiver reader, int count, CancellationToken cancel)
    {
        var items = new List<JsonElement>();
        while (items.Count < count)
        {
            var item = await reader.NextAsync(cancel) ?? throw new AssertionException("The stream ended.");
            if (item.IsNotification() && item.GetProperty("topic").GetString() != "all") items.Add(item);
        }
        return items;
    }

    private Task RetentionAsync(string user, long first, CancellationToken cancel) => Eventually.True("retention has passed", async () =>
    {
        var page = await _server.HistoryAsync(Tokens.For(user), "?after=earliest&limit=500", cancel);
        return page.GetProperty("items").EnumerateArray().First(i => i.GetProperty("topic").GetString() != "all").GetProperty("sequence")
            .GetInt64() == first;
    }, cancel);
}
