using Realtime.Tests.Support;

namespace Realtime.Tests.Security;

/// <summary>
/// A user whose tokens list groups at one time and not at another, because there are too many for a token (Entra's overage).
/// </summary>
internal sealed class UnknownGroupTests : ContractTests
{
    private const string Overage = ",\"_claim_names\":{\"groups\":\"src1\"}";

    private string _user = null!, _west = null!, _south = null!;

    [SetUp]
    public async Task PublishOnceAsync()
    {
        (_user, _west, _south) = (NewName(), NewName("west"), NewName("south"));
        await SendAsync("before", default);
    }

    [Test]
    public async Task What_groups_got_in_the_meantime_follows_when_a_token_lists_them_again(CancellationToken cancel)
    {
        var (_, cursor) = await ReadAsync(Listing(_west, _south), "", cancel);
        await SendAsync("meanwhile", cancel);
        var (items, kept) = await ReadAsync(Token(Overage), cursor, cancel);
        Assert.That(items, Is.EqualTo(["user meanwhile"]));
        (items, kept) = await ReadAsync(Token(Overage), kept, cancel);
        Assert.That(items, Is.Empty);

        (items, cursor) = await ReadAsync(Listing(_west, _south), kept, cancel);
        Assert.That(items, Is.EqualTo(["west meanwhile", "south meanwhile"]));
        Assert.That((await ReadAsync(Listing(_west, _south), cursor, cancel)).Items, Is.Empty);
        Assert.That((await ReadAsync(Listing(_south), kept, cancel)).Items, Is.EqualTo(["south meanwhile"]));
    }

    [Test]
    public async Task A_token_that_lists_its_groups_drops_the_others(CancellationToken cancel)
    {
        var (_, cursor) = await ReadAsync(Listing(_west, _south), "", cancel);
        (_, cursor) = await ReadAsync(Token(Overage), cursor, cancel);
        (_, cursor) = await ReadAsync(Listing(_south), cursor, cancel);
        await SendAsync("later", cancel);
        (_, cursor) = await ReadAsync(Token(Overage), cursor, cancel);
        Assert.That((await ReadAsync(Listing(_west, _south), cursor, cancel)).Items, Is.EqualTo(["south later"]));
    }

    [Test]
    public async Task A_first_connect_without_a_cursor_has_no_groups(CancellationToken cancel) =>
        Assert.That((await ReadAsync(Token(Overage), "", cancel)).Items, Is.EqualTo(["user before"]));

    [Test]
    public async Task What_is_acknowledged_with_groups_unknown_counts_where_something_was_acknowledged_before(CancellationToken cancel)
    {
        var (_, cursor) = await ReadAsync(Listing(_west, _south), "", cancel);
        Assert.That(await AcknowledgeAsync(Listing(_west, _south), cursor, cancel), Is.Zero);
        await SendAsync("later", cancel);
        Assert.That(await AcknowledgeAsync(Token(Overage), cursor, cancel), Is.EqualTo(1), "its own topic's");
        (_, cursor) = await ReadAsync(Listing(_west, _south), cursor, cancel);
        Assert.That(await AcknowledgeAsync(Token(Overage), cursor, cancel), Is.Zero);
        Assert.That((await ReadAsync(Listing(_west, _south), "", cancel)).Items, Is.Empty);
    }

    [Test]
    public async Task A_browsers_session_keeps_groups_too(CancellationToken cancel)
    {
        var (_, cursor) = await ReadAsync(Listing(_west, _south), "", cancel);
        await SendAsync("meanwhile", cancel);
        var session = await SendAsync("POST", "/api/session", Token(Overage), null, cancel);
        var cookie = $"Cookie: {session["Set-Cookie"]!.Split(';')[0]}";
        var (items, kept) = Read(await GetAsync($"/api/notifications?after={cursor}", null, cancel, cookie));
        Assert.That(items, Is.EqualTo(["user meanwhile"]));
        Assert.That((await ReadAsync(Listing(_west, _south), kept, cancel)).Items, Is.EqualTo(["west meanwhile", "south meanwhile"]));
    }

    private async Task SendAsync(string order, CancellationToken cancel)
    {
        foreach (var (to, name) in new[] { ("users", _user), ("groups", _west), ("groups", _south) })
        {
            var answer = await PublishAsync(
                $$"""{"to":{"{{to}}":["{{name}}"]},"type":"order.created","orderId":"{{name.Split('-')[0]}} {{order}}"}""", cancel);
            Assert.That(answer.Status, Is.EqualTo(202), answer.Text);
        }
    }

    private async Task<(List<string> Items, string Cursor)> ReadAsync(string token, string after, CancellationToken cancel) =>
        Read(await GetAsync(after.Length == 0 ? "/api/notifications" : $"/api/notifications?after={after}", token, cancel));

    private static (List<string> Items, string Cursor) Read(RawAnswer answer)
    {
        Assert.That(answer.Status, Is.EqualTo(200), answer.Text);
        return (
            // Other tests on this server send to everyone.
            [.. answer.Json.GetProperty("items").EnumerateArray().Where(item => item.GetProperty("topic").GetString() != "all")
                .Select(item => item.GetProperty("orderId").GetString()!)],
            answer.Json.GetProperty("cursor").GetString()!);
    }

    private async Task<long> AcknowledgeAsync(string token, string cursor, CancellationToken cancel)
    {
        var answer = await SendAsync("PUT", "/api/notifications/acknowledged", token, $$"""{"cursor":"{{cursor}}"}""", cancel, Json);
        Assert.That(answer.Status, Is.EqualTo(200), answer.Text);
        return answer.Json.GetProperty("unread").GetInt64();
    }

    private string Listing(params string[] groups) => Token($",\"groups\":[\"{string.Join("\",\"", groups)}\"]");

    private string Token(string more) => Tokens.Mint(
        $$"""{"sub":"{{_user}}","exp":{{TimeProvider.System.GetUtcNow().AddHours(1).ToUnixTimeSeconds()}}{{more}}}""");
}
