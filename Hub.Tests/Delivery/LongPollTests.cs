using System.Text;
using Realtime.Tests.Support;

namespace Realtime.Tests.Delivery;

/// <summary>Long polls by hand: each comes with a token of its own.</summary>
internal sealed class LongPollTests : ContractTests
{
    private const string Hub = "/hubs/orders";

    private static string TokenFor(string user, double seconds, string[]? groups = null) =>
        Tokens.For(user, TimeProvider.System.GetUtcNow().AddSeconds(seconds), groups);

    /// <summary>Connects and subscribes; returns the connection's token.</summary>
    private async Task<string> SubscribeAsync(string token, CancellationToken cancel)
    {
        var negotiated = await SendAsync("POST", Hub + "/negotiate?negotiateVersion=1", token, "", cancel);
        var id = negotiated.Json.GetProperty("connectionToken").GetString()!;
        Assert.That((await GetAsync($"{Hub}?id={id}", token, cancel)).Status, Is.EqualTo(200));
        await SendAsync("POST", $"{Hub}?id={id}", token,
            "{\"protocol\":\"json\",\"version\":1}\u001e{\"type\":4,\"invocationId\":\"1\",\"target\":\"Subscribe\",\"arguments\":[\"latest\"]}\u001e", cancel);
        return id;
    }

    /// <summary>Polls until a text has arrived; returns everything that arrived.</summary>
    private async Task<string> PollAsync(string id, Func<string> token, string until, CancellationToken cancel)
    {
        var text = new StringBuilder();
        while (!text.ToString().Contains(until, StringComparison.Ordinal))
        {
            var answer = await GetAsync($"{Hub}?id={id}", token(), cancel);
            Assert.That(answer.Status, Is.EqualTo(200), $"{answer.Text}; before: {text}");
            text.Append(answer.Text);
        }
        return text.ToString();
    }

    private Task<RawAnswer> PublishAsync(string to, string orderId, CancellationToken cancel) =>
        PublishAsync($$"""{"to":{{to}},"type":"t","orderId":"{{orderId}}"}""", cancel);

    [Test]
    public async Task A_poll_with_a_newer_token_goes_on_beyond_the_first(CancellationToken cancel)
    {
        var user = NewName();
        var first = TokenFor(user, 5);
        var id = await SubscribeAsync(first, cancel);
        await PollAsync(id, () => first, "\"cursor\"", cancel);
        // The newer token arrives with a poll that waits for a notification published after the first token has expired.
        var polling = PollAsync(id, () => TokenFor(user, 60), "beyond", cancel);
        await Eventually.True(
            "the first token has expired", async () => (await GetAsync("/api/notifications/unread", first, cancel)).Status == 401, cancel);
        await PublishAsync($$"""{"users":["{{user}}"]}""", "beyond", cancel);
        Assert.That(await polling, Does.Not.Contain("closing"));
    }

    [Test]
    public async Task A_newer_token_that_may_read_less_does_not_prolong_what_it_may_not(CancellationToken cancel)
    {
        var (user, group) = (NewName(), NewName("g"));
        var first = TokenFor(user, 5, [group]);
        var id = await SubscribeAsync(first, cancel);
        await PollAsync(id, () => first, "\"cursor\"", cancel);
        Assert.That(await PollAsync(id, () => TokenFor(user, 60), "closing", cancel), Does.Contain("token-expired"));
    }
}
