using Realtime.Tests.Support;

namespace Realtime.Tests.Delivery;

/// <summary>docs/PROTOCOL.md, Acknowledging, over plain HTTP.</summary>
internal sealed class AcknowledgementTests : ContractTests
{
    private const string Target = "/api/notifications/acknowledged";

    private Task<RawAnswer> AcknowledgeAsync(string token, string cursor, CancellationToken cancel) =>
        SendAsync("PUT", Target, token, $$"""{"cursor":"{{cursor}}"}""", cancel, Json);

    private async Task<long> UnreadAsync(string token, CancellationToken cancel) =>
        (await GetAsync("/api/notifications/unread", token, cancel)).Json.GetProperty("unread").GetInt64();

    /// <summary>Publishes, and returns the cursor after each notification, starting with the cursor before the first.</summary>
    private async Task<List<string>> CursorsAsync(string token, string to, int count, CancellationToken cancel)
    {
        async Task<string> NowAsync() =>
            (await GetAsync("/api/notifications?after=latest", token, cancel)).Json.GetProperty("cursor").GetString()!;
        var cursors = new List<string> { await NowAsync() };
        for (var n = 0; n < count; n++)
        {
            Assert.That((await PublishAsync($$"""{"to":{{to}},"type":"t","orderId":"o"}""", cancel)).Status, Is.EqualTo(202));
            cursors.Add(await NowAsync());
        }
        return cursors;
    }

    [Test]
    public async Task It_moves_forward_only_and_counts_what_is_left(CancellationToken cancel)
    {
        var token = Tokens.For(NewName());
        var before = await UnreadAsync(token, cancel);   // what was published to everyone
        var user = NewName();
        token = Tokens.For(user);
        var cursors = await CursorsAsync(token, $$"""{"users":["{{user}}"]}""", 3, cancel);
        Assert.That(await UnreadAsync(token, cancel), Is.EqualTo(before + 3));
        foreach (var (at, left) in ((int, int)[])[(2, 1), (1, 1), (0, 1), (3, 0), (2, 0)])
        {
            var answer = await AcknowledgeAsync(token, cursors[at], cancel);
            Assert.That((answer.Status, answer["Content-Type"]), Is.EqualTo((200, "application/json; charset=utf-8")));
            Assert.That(answer.Text, Is.EqualTo($$"""{"unread":{{left}}}"""));
        }
    }

    [Test]
    public async Task Copies_count_topic_by_topic_and_unread_is_what_history_delivers(CancellationToken cancel)
    {
        var (user, group) = (NewName(), NewName("g"));
        var token = Tokens.For(user, [group]);
        await CursorsAsync(token, $$"""{"users":["{{user}}"],"groups":["{{group}}"]}""", 2, cancel);
        var delivered = (await GetAsync("/api/notifications?limit=500", token, cancel)).Json.GetProperty("items").GetArrayLength();
        Assert.That(await UnreadAsync(token, cancel), Is.EqualTo(delivered).And.GreaterThanOrEqualTo(4));
    }

    [Test]
    public async Task Only_topics_that_the_cursor_names_and_the_token_may_read_move(CancellationToken cancel)
    {
        var (user, group) = (NewName(), NewName("g"));
        var (member, outsider) = (Tokens.For(user, [group]), Tokens.For(user));
        var cursors = await CursorsAsync(member, $$"""{"groups":["{{group}}"]}""", 2, cancel);
        await AcknowledgeAsync(outsider, cursors[2], cancel);
        Assert.That(await UnreadAsync(member, cancel), Is.EqualTo(2), "the group is still unread");
        await AcknowledgeAsync(member, cursors[1], cancel);
        Assert.That(await UnreadAsync(member, cancel), Is.EqualTo(1));
        var own = (await GetAsync("/api/notifications?after=latest", outsider, cancel)).Json.GetProperty("cursor").GetString()!;
        await AcknowledgeAsync(member, own, cancel);
        Assert.That(await UnreadAsync(member, cancel), Is.EqualTo(1), "the cursor does not name the group");
    }

    [TestCase("")]
    [TestCase("{")]
    [TestCase("null")]
    [TestCase("[]")]
    [TestCase("\"latest\"")]
    [TestCase("{}")]
    [TestCase("""{"cursor":null}""")]
    [TestCase("""{"cursor":1}""")]
    [TestCase("""{"cursor":""}""")]
    [TestCase("""{"cursor":"latest"}""")]
    [TestCase("""{"cursor":"earliest"}""")]
    [TestCase("""{"cursor":"nonsense"}""")]
    [TestCase("""{"cursor":"\uD83D"}""")]
    [TestCase("""{"\uD83D":"x"}""")]
    [TestCase("""{"Cursor":"x"}""")]
    [TestCase("""{"cursor":"x","cursor":"x"}""")]
    [TestCase("""{"cursor":"x","more":1}""")]
    [TestCase("""{"cursor":[[[[[[[[[[]]]]]]]]]]}""")]
    public async Task A_bad_body_is_a_400(string body, CancellationToken cancel) =>
        (await SendAsync("PUT", Target, Tokens.For("alice"), body, cancel, Json)).IsProblem(400);

    [Test]
    public async Task Other_refusals_come_in_their_order(CancellationToken cancel)
    {
        var big = new string('x', 65_537);
        (await SendAsync("PUT", Target, null, big, cancel)).IsProblem(401);
        (await SendAsync("PUT", Target, Tokens.For("alice"), big, cancel, "Content-Type: text/plain")).IsProblem(415);
        (await SendAsync("PUT", Target, Tokens.For("alice"), big, cancel, Json)).IsProblem(413);
        (await SendAsync("PUT", Target, Tokens.For("alice"), new string(' ', 8_192), cancel, Json)).IsProblem(400, "just not too large");
        (await SendAsync("PUT", Target, Tokens.For("alice"), new string(' ', 8_193), cancel, Json)).IsProblem(413);
        (await GetAsync("/api/notifications/unread", null, cancel)).IsProblem(401);
    }

    [Test]
    public async Task Somebody_elses_cursor_and_broken_utf8_are_a_400(CancellationToken cancel)
    {
        var cursor = (await GetAsync("/api/notifications?after=latest", Tokens.For(NewName()), cancel)).Json.GetProperty("cursor")
            .GetString()!;
        (await AcknowledgeAsync(Tokens.For(NewName()), cursor, cancel)).IsProblem(400);
        (await RawHttp.SendAsync(
            Server.Address, "PUT", Target, Tokens.For("alice"), [.. "{\"cursor\":\""u8, 0xFF, .. "\"}"u8], cancel, Json)).IsProblem(400);
    }

    [Test]
    public async Task A_position_that_the_log_does_not_know_is_a_400(CancellationToken cancel)
    {
        // A cursor of the same user from another server, whose log holds more.
        var user = NewName();
        await using var other = await TestServer.StartAsync(cancel: cancel);
        await other.PublishAsync(user, "o", cancel);
        var foreign = (await other.HistoryAsync(Tokens.For(user), "?after=latest", cancel)).Cursor();
        (await AcknowledgeAsync(Tokens.For(user), foreign, cancel)).IsProblem(400, "beyond the head");
        await PublishAsync($$"""{"to":{"users":["{{user}}"]},"type":"t","orderId":"o"}""", cancel);
        (await AcknowledgeAsync(Tokens.For(user), foreign, cancel)).IsProblem(400, "another stamp");
    }
}
