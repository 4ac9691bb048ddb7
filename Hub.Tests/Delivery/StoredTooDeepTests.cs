using System.Text;
using System.Text.Json;
using Realtime.Client;
using Realtime.Server.Log;
using Realtime.Server.Notifications;
using Realtime.Server.Redis.Data;
using Realtime.Tests.Client;
using Realtime.Tests.Log;
using Realtime.Tests.Support;

namespace Realtime.Tests.Delivery;

/// <summary>Notifications that a node of an older version accepted: up to 64 levels, more than some ways of receiving support.</summary>
[CancelAfter(60_000)]
internal sealed class StoredTooDeepTests
{
    private const string User = "reader";

    private SqliteStore _store = null!;
    private ServerProcess _server = null!;

    private static string Token => Tokens.For(User);

    [OneTimeSetUp]
    public async Task StoreAsync()
    {
        _store = await SqliteStore.OpenAsync();
        for (var levels = 61; levels <= 64; levels++) await _store.Log.StoreAsync(Draft(levels));
        await _store.Log.StoreAsync(Drafts.Of("the last", Topic.User(User)));
        await _store.Log.DisposeAsync();
        _server = await TestServer.StartAsync(new ServerSettings { DataPath = _store.Folder }, CancellationToken.None);
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await _server.DisposeAsync();
        await _store.DisposeAsync();
    }

    [Test]
    public async Task An_event_stream_delivers_them_all(CancellationToken cancel)
    {
        await using var reader = await EventStreamReceiver.ConnectAsync(_server.Address, Token, "earliest", cancel);
        var items = await reader.TakeAsync(6, cancel);
        Assert.That(items.Skip(1)
            .Select(Items.Describe), Is.EqualTo([Levels(1, 61), Levels(2, 62), Levels(3, 63), Levels(4, 64), "user:reader 5 the last"]));
        Assert.That(items[4].GetProperty("data").GetRawText(), Is.EqualTo(Nesting.Data(64)));
    }

    [TestCase(Transport.WebSockets)]
    [TestCase(Transport.ServerSentEvents)]
    [TestCase(Transport.LongPolling)]
    public async Task A_plain_hub_connection_is_told_of_what_it_cannot_parse(Transport transport, CancellationToken cancel)
    {
        await using var reader = await HubReceiver.ConnectAsync(_server.Address, Token, transport, cancel);
        await reader.SubscribeAsync("earliest", cancel);
        var items = await reader.TakeAsync(6, cancel);
        Assert.That(items.Skip(1).Select(Items.Describe), Is.EqualTo(
            [Levels(1, 61), Levels(2, 62), Levels(3, 63), "gap user:reader 3-5 reset", "user:reader 5 the last"]));
        Assert.That(items[3].GetProperty("data").GetRawText(), Is.EqualTo(Nesting.Data(63)));
    }

    [Test]
    public async Task A_page_of_history_is_read_with_the_parsers_default(CancellationToken cancel)
    {
        var all = await PageAsync("?after=earliest", cancel);
        Assert.That(all.Items,
            Is.EqualTo([Levels(1, 61), Levels(2, 62), "gap user:reader 2-4 reset", "gap user:reader 3-5 reset", "user:reader 5 the last"]));
        // Each item counts towards the limit, and every page makes progress.
        var (cursor, pages) = ("earliest", new List<string>());
        for (var more = true; more;)
        {
            var page = await PageAsync($"?after={cursor}&limit=1", cancel);
            pages.AddRange(page.Items);
            (cursor, more) = (page.Cursor, page.More);
        }
        Assert.That(pages, Is.EqualTo(all.Items));
    }

    [TestCase(Transport.WebSockets)]
    [TestCase(Transport.EventSource)]
    public async Task A_feed_goes_on_after_them_and_misses_nothing_in_silence(Transport transport, CancellationToken cancel)
    {
        var options = new OrderFeedOptions
        {
            Server = _server.Address,
            Token = _ => new(Token),
            StartFrom = StartFrom.Earliest,
            Transports = [transport]
        };
        await using var reader = await FeedReader.StartAsync(options, cancel);
        var fourth = transport == Transport.EventSource ? Levels(4, 64) : "gap user:reader 3-5 Reset";
        Assert.That(
            await reader.TakeAsync(5, cancel), Is.EqualTo([Levels(1, 61), Levels(2, 62), Levels(3, 63), fourth, "user:reader 5 the last"]));
    }

    [Test]
    public void What_an_older_node_announces_is_taken_for_an_announcement()
    {
        var body = Draft(64).Body;
        var announced = AnnouncementFrame.Parse((byte[])[.. "1700000000000-1 0 "u8, .. body.Span]);
        Assert.That(announced?.Depth, Is.EqualTo(64));
    }

    private static string Levels(int sequence, int levels) => $"user:{User} {sequence} {levels} levels";

    /// <summary>The stored form that publishing wrote when it accepted 64 levels.</summary>
    private static Draft Draft(int levels)
    {
        var draft = Drafts.Of($"{levels} levels", Topic.User(User));
        return draft with { Body = Encoding.UTF8.GetBytes($"{Drafts.TextOf(draft)[..^1]},\"data\":{Nesting.Data(levels)}}}") };
    }

    private async Task<(List<string> Items, string Cursor, bool More)> PageAsync(string query, CancellationToken cancel)
    {
        using var request = TestServer.Request(HttpMethod.Get, "/api/notifications" + query, Token);
        using var answer = await _server.Http.SendAsync(request, cancel);
        using var page = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(cancel));
        return ([.. page.RootElement.GetProperty("items").EnumerateArray().Select(Items.Describe)],
            page.RootElement.GetProperty("cursor").GetString()!, page.RootElement.GetProperty("more").GetBoolean());
    }
}
