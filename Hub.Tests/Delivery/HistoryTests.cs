using Realtime.Server.Delivery;
using Realtime.Server.Publishing;
using Realtime.Tests.Support;

namespace Realtime.Tests.Delivery;

/// <summary><c>GET /api/notifications</c> as plain HTTP.</summary>
internal sealed class HistoryTests : ContractTests
{
    private const string Target = "/api/notifications";

    private async Task PublishAsync(string user, int count, CancellationToken cancel)
    {
        var lines = string.Concat(Enumerable.Range(1, count)
            .Select(n => $$"""{"to":{"users":["{{user}}"]},"type":"t","orderId":"{{n}}"}""" + "\n"));
        Assert.That((await BatchAsync(lines, cancel)).Status, Is.EqualTo(200));
    }

    private async Task<(List<long> Sequences, string Cursor, bool More)> PageAsync(string user, string query, CancellationToken cancel)
    {
        var answer = await GetAsync(Target + query, Tokens.For(user), cancel);
        Assert.That(answer.Status, Is.EqualTo(200), answer.Text);
        Assert.That(answer.Json.EnumerateObject().Select(member => member.Name), Is.EqualTo(["items", "cursor", "more"]));
        var own = answer.Json.GetProperty("items").EnumerateArray().Where(item => item.GetProperty("topic").GetString() != "all");
        return ([.. own.Select(item => item.GetProperty("sequence").GetInt64())], answer.Json.GetProperty("cursor")
            .GetString()!, answer.Json.GetProperty("more").GetBoolean());
    }

    [Test]
    public async Task An_empty_history_has_a_cursor_too(CancellationToken cancel)
    {
        var page = await PageAsync(NewName(), "?after=latest", cancel);
        Assert.That((page.Sequences.Count, page.More), Is.EqualTo((0, false)));
        Assert.That(page.Cursor, Does.Match("^[A-Za-z0-9._~-]{1,128}$"));
    }

    [Test]
    public async Task Pages_follow_each_other_without_holes_or_repeats(CancellationToken cancel)
    {
        var user = NewName();
        var start = (await PageAsync(user, "?after=latest", cancel)).Cursor;
        await PublishAsync(user, 25, cancel);
        var (all, more) = (new List<long>(), true);
        for (var cursor = start; more;)
        {
            var page = await PageAsync(user, $"?after={cursor}&limit=10", cancel);
            all.AddRange(page.Sequences);
            (cursor, more) = (page.Cursor, page.More);
        }
        Assert.That(all, Is.EqualTo(Enumerable.Range(1, 25)));
    }

    [Test]
    public async Task A_page_that_ends_where_the_log_ends_has_no_more(CancellationToken cancel)
    {
        var user = NewName();
        var start = (await PageAsync(user, "?after=latest", cancel)).Cursor;
        await PublishAsync(user, 10, cancel);
        Assert.That((await PageAsync(user, $"?after={start}&limit=10", cancel)).More, Is.False);
        var first = await PageAsync(user, $"?after={start}&limit=9", cancel);
        Assert.That(first.More);
        Assert.That((await PageAsync(user, $"?after={first.Cursor}", cancel)).Sequences, Is.EqualTo([10]));
    }

    [Test]
    public async Task The_default_is_a_hundred_and_five_hundred_the_most(CancellationToken cancel)
    {
        var user = NewName();
        var start = (await PageAsync(user, "?after=latest", cancel)).Cursor;
        await PublishAsync(user, 501, cancel);
        Assert.That((await PageAsync(user, $"?after={start}", cancel)).Sequences, Has.Count.EqualTo(100));
        var page = await PageAsync(user, $"?after={start}&limit=500", cancel);
        Assert.That((page.Sequences.Count, page.More), Is.EqualTo((500, true)));
        Assert.That((await PageAsync(user, $"?after={start}&limit=1", cancel)).Sequences, Is.EqualTo([1]));
    }

    [Test]
    public async Task A_page_of_large_notifications_ends_after_a_MiB_and_the_next_one_goes_on(CancellationToken cancel)
    {
        const int Count = 30, Bytes = 60_000;
        var user = NewName();
        var start = (await PageAsync(user, "?after=latest", cancel)).Cursor;
        var line = $$"""{"to":{"users":["{{user}}"]},"type":"t","orderId":"o","data":"{{new string('x', Bytes)}}"}""" + "\n";
        Assert.That((await BatchAsync(string.Concat(Enumerable.Repeat(line, Count)), cancel)).Status, Is.EqualTo(200));
        var sequences = new List<long>();
        for (var (cursor, more) = (start, true); more;)
        {
            var answer = await GetAsync($"{Target}?after={cursor}&limit=500", Tokens.For(user), cancel);
            Assert.That(answer.Body, Has.Length.InRange(Bytes, HistoryPage.MaxBytes + PublishLimits.BodyBytes + 1_000));
            (cursor, more) = (answer.Json.GetProperty("cursor").GetString()!, answer.Json.GetProperty("more").GetBoolean());
            var items = answer.Json.GetProperty("items").EnumerateArray().ToList();
            Assert.That(items, Is.Not.Empty);
            Assert.That(items[^1].GetProperty("cursor").GetString(), Is.EqualTo(cursor), "it goes on behind the last item");
            sequences.AddRange(items.Where(item => item.GetProperty("topic").GetString() != "all")
                .Select(item => item.GetProperty("sequence").GetInt64()));
        }
        Assert.That(sequences, Is.EqualTo(Enumerable.Range(1, Count)));
    }

    [TestCase("limit=0", "limit")]
    [TestCase("limit=501", "limit")]
    [TestCase("limit=-1", "limit")]
    [TestCase("limit=+5", "limit")]
    [TestCase("limit=1.0", "limit")]
    [TestCase("limit=many", "limit")]
    [TestCase("limit=99999999999999999999", "limit")]
    [TestCase("limit=1&limit=2", "limit")]
    [TestCase("after=nonsense", "after")]
    [TestCase("after=Latest", "after")]
    [TestCase("after=latest&after=latest", "after")]
    [TestCase("after=%00", "after")]
    [TestCase("after=%ff%fe", "after")]
    [TestCase("after=1AAAA", "after")]
    [TestCase("after=..%2F..%2Fetc", "after")]
    public async Task Bad_parameters_are_a_400_that_names_them(string query, string field, CancellationToken cancel)
    {
        var answer = await GetAsync($"{Target}?{query}", Tokens.For("alice"), cancel);
        answer.IsProblem(400);
        Assert.That(answer.Json.GetProperty("errors").EnumerateObject().Select(error => error.Name), Is.EqualTo([field]));
    }

    [Test]
    public async Task A_cursor_cut_or_mangled_anywhere_is_a_400_and_so_is_somebody_elses(CancellationToken cancel)
    {
        var user = NewName();
        var cursor = (await PageAsync(user, "?after=latest", cancel)).Cursor;
        for (var at = 0; at < cursor.Length; at++)
        {
            if (at > 0) (await GetAsync($"{Target}?after={cursor[..at]}", Tokens.For(user), cancel)).IsProblem(400, $"cut after {at}");
            var mangled = cursor[..at] + (cursor[at] == 'x' ? 'y' : 'x') + cursor[(at + 1)..];
            (await GetAsync($"{Target}?after={mangled}", Tokens.For(user), cancel)).IsProblem(400, $"mangled at {at}");
        }
        (await GetAsync($"{Target}?after={cursor}", Tokens.For(NewName()), cancel)).IsProblem(400);
    }

    [Test]
    public async Task A_cursor_grants_nothing(CancellationToken cancel)
    {
        var (user, group) = (NewName(), NewName("g"));
        await PublishAsync($$"""{"to":{"groups":["{{group}}"]},"type":"t","orderId":"o"}""", cancel);
        var member = await GetAsync($"{Target}?after=earliest", Tokens.For(user, [group]), cancel);
        var items = member.Json.GetProperty("items").EnumerateArray().ToList();
        Assert.That(items.Select(item => item.GetProperty("topic").GetString()), Does.Contain($"group:{group}"));
        var outsider = await GetAsync($"{Target}?after={member.Json.GetProperty("cursor").GetString()}", Tokens.For(user), cancel);
        await PublishAsync($$"""{"to":{"groups":["{{group}}"]},"type":"t","orderId":"o"}""", cancel);
        Assert.That(outsider.Status, Is.EqualTo(200));
        Assert.That(outsider.Json.GetProperty("items").EnumerateArray()
            .Select(item => item.GetProperty("topic").GetString()), Has.None.EqualTo($"group:{group}"));
    }

    [Test]
    public async Task A_group_joined_since_starts_at_its_latest(CancellationToken cancel)
    {
        var (user, group) = (NewName(), NewName("g"));
        var cursor = (await PageAsync(user, "?after=latest", cancel)).Cursor;
        await PublishAsync($$"""{"to":{"groups":["{{group}}"]},"type":"t","orderId":"before"}""", cancel);
        var joined = (await GetAsync($"{Target}?after={cursor}", Tokens.For(user, [group]), cancel)).Json;
        Assert.That(joined.GetProperty("items").EnumerateArray().Select(Items.Describe), Has.None.Contain(group));
        await PublishAsync($$"""{"to":{"groups":["{{group}}"]},"type":"t","orderId":"since"}""", cancel);
        var next = (await GetAsync($"{Target}?after={joined.GetProperty("cursor").GetString()}", Tokens.For(user, [group]), cancel)).Json;
        Assert.That(next.GetProperty("items").EnumerateArray().Select(Items.Describe), Does.Contain($"group:{group} 2 since"));
    }

    [Test]
    public async Task A_cursor_of_five_topics_and_of_a_hundred_fits_where_it_must(CancellationToken cancel)
    {
        var user = NewName();
        string[] Groups(int count) => [.. Enumerable.Range(0, count).Select(n => $"g{n}-{new string('x', 100)}")];
        async Task<string> CursorAsync(int groups) =>
            (await GetAsync(Target, Tokens.For(user, Groups(groups)), cancel)).Json.GetProperty("cursor").GetString()!;
        Assert.That(await CursorAsync(3), Has.Length.LessThanOrEqualTo(128).And.Match("^[A-Za-z0-9._~-]+$"));
        var longest = await CursorAsync(98);
        Assert.That(longest, Has.Length.LessThan(2_560));
        Assert.That((await GetAsync($"{Target}?after={longest}", Tokens.For(user, Groups(98)), cancel)).Status, Is.EqualTo(200));
        Assert.That(
            (await GetAsync(Target, Tokens.For(user, Groups(98)), cancel, "Accept: application/json", $"Last-Event-ID: {longest}")).Status,
            Is.EqualTo(200));
    }

    [Test]
    public async Task A_token_about_to_expire_still_gets_the_whole_answer(CancellationToken cancel)
    {
        var user = NewName();
        await PublishAsync(user, 3, cancel);
        RawAnswer answer = null!;
        await Eventually.True("a token is asked with before it expires", async () =>
        {
            var expiresAt = TimeProvider.System.GetUtcNow().AddSeconds(2);
            answer = await GetAsync($"{Target}?after=earliest&limit=500", Tokens.For(user, expiresAt), cancel);
            return answer.Status == 200;
        }, cancel);
        Assert.That(answer.Json.GetProperty("items").EnumerateArray()
            .Count(item => item.GetProperty("topic").GetString() != "all"), Is.EqualTo(3));
    }

    [Test]
    public async Task Answers_are_json_that_no_cache_keeps(CancellationToken cancel)
    {
        foreach (var accept in (string[])["*/*", "application/json", "text/html", ""])
        {
            var answer = await GetAsync(Target, Tokens.For("alice"), cancel, $"Accept: {accept}");
            Assert.That(
                (answer.Status, answer["Content-Type"], answer["Cache-Control"]), Is.EqualTo((200, "application/json", "no-store")));
        }
    }

    [TestCase("GET", "/api/nothing", 404)]
    [TestCase("GET", "/hubs/other", 404)]
    [TestCase("DELETE", "/api/notifications", 405)]
    [TestCase("PATCH", "/api/notifications/acknowledged", 405)]
    [TestCase("POST", "/api/notifications/unread", 405)]
    [TestCase("GET", "/api/notifications/batch", 405)]
    [TestCase("GET", "/hubs/orders/negotiate", 405)]
    [TestCase("PUT", "/hubs/orders", 405)]
    public async Task What_is_not_there_is_a_problem(string method, string target, int status, CancellationToken cancel)
    {
        var answer = await SendAsync(method, target, Tokens.Publisher(), method == "GET" ? null : "", cancel);
        answer.IsProblem(status);
        if (status == 405 && target.StartsWith("/api", StringComparison.Ordinal)) Assert.That(answer["Allow"], Is.Not.Empty);
    }
}
