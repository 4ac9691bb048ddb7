using System.Text.Json;
using Realtime.Tests.Support;

namespace Realtime.Tests.Delivery;

/// <summary>Plain HTTP after retention has removed notifications.</summary>
[CancelAfter(60_000)]
internal sealed class HistoryGapTests
{
    private const int Kept = 5;

    private ServerProcess _server = null!;

    [OneTimeSetUp]
    public async Task StartServerAsync() =>
        _server = await TestServer.StartAsync(new Dictionary<string, string> { ["Hub:Retention:Count"] = $"{Kept}" });

    [OneTimeTearDown]
    public async Task StopServerAsync() => await _server.DisposeAsync();

    /// <summary>A user with 20 notifications, of which the last five are kept; returns a cursor from before them all.</summary>
    private async Task<string> PassedAsync(string user, CancellationToken cancel)
    {
        var before = (await _server.HistoryAsync(Tokens.For(user), "?after=latest", cancel)).Cursor();
        for (var n = 1; n <= 20; n++) await _server.PublishAsync(user, $"{n}", cancel);
        await Eventually.True("retention has passed", async () =>
            (await _server.HistoryAsync(Tokens.For(user), "?after=earliest", cancel)).GetProperty("items")
            .GetArrayLength() == Kept, cancel);
        return before;
    }

    [Test]
    public async Task A_gap_counts_toward_the_limit_and_has_a_cursor_to_go_on_from(CancellationToken cancel)
    {
        var token = Tokens.For("alice");
        var (cursor, seen, more) = (await PassedAsync("alice", cancel), new List<string>(), true);
        var pages = new List<int>();
        while (more)
        {
            var page = await _server.HistoryAsync(token, $"?after={cursor}&limit=2", cancel);
            var items = page.GetProperty("items").EnumerateArray().ToList();
            Assert.That(items, Is.Not.Empty);
            Assert.That(items[^1].Cursor(), Is.EqualTo(page.Cursor()));
            pages.Add(items.Count);
            seen.AddRange(items.Select(Items.Describe));
            (cursor, more) = (page.Cursor(), page.GetProperty("more").GetBoolean());
        }
        Assert.That(pages, Is.EqualTo([2, 2, 2]));
        Assert.That(seen, Is.EqualTo(["gap user:alice 0-16 expired", .. Enumerable.Range(16, Kept).Select(n => $"user:alice {n} {n}")]));
    }

    [Test]
    public async Task What_is_no_longer_retained_is_not_unread(CancellationToken cancel)
    {
        var token = Tokens.For("bob");
        var before = await PassedAsync("bob", cancel);
        Assert.That(await UnreadAsync(token, cancel), Is.EqualTo(Kept));
        Assert.That(
            await _server.AcknowledgeAsync(token, before, cancel), Is.EqualTo((200, (long?)Kept)), "a position that has expired is fine");
        var items = (await _server.HistoryAsync(token, "", cancel)).GetProperty("items").EnumerateArray().Select(Items.Describe);
        Assert.That(items.First(), Is.EqualTo("gap user:bob 0-16 expired"), "what it acknowledged and what is left leave a gap");
    }

    private async Task<long> UnreadAsync(string token, CancellationToken cancel)
    {
        using var answer = await _server.Http.SendAsync(TestServer.Request(HttpMethod.Get, "/api/notifications/unread", token), cancel);
        return JsonSerializer.Deserialize<JsonElement>(await answer.Content.ReadAsStringAsync(cancel)).GetProperty("unread").GetInt64();
    }
}
