using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Realtime.Tests.Support;

namespace Realtime.Tests.Delivery;

/// <summary>The bytes of event streams, ours and SignalR's.</summary>
internal sealed class EventStreamHttpTests : ContractTests
{
    private const string Accept = "Accept: text/event-stream";

    /// <summary>Reads the head of the response and the text up to an end, then closes the connection.</summary>
    private async Task<(string Head, string Body)> ReadAsync(
        string target, string token, string until, CancellationToken cancel, params string[] headers)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(Server.Address.Host, Server.Address.Port, cancel);
        await client.GetStream().WriteAsync(RawHttp.Compose(Server.Address, "GET", target, token, null, [Accept, .. headers]), cancel);
        var text = new StringBuilder();
        var buffer = new byte[4_096];
        while (!text.ToString().Contains(until, StringComparison.Ordinal))
        {
            var count = await client.GetStream().ReadAsync(buffer, cancel);
            Assert.That(count, Is.Positive, $"The answer ended before '{until}': {text}");
            text.Append(Encoding.UTF8.GetString(buffer, 0, count));
        }
        var parts = text.ToString().Split("\r\n\r\n", 2);
        return (parts[0] + "\r\n", parts[1]);
    }

    /// <summary>The lines of the events, without the framing of chunks.</summary>
    private static List<string> Events(string body) =>
        [.. body.Split('\n').Where(line => line.Contains(": ", StringComparison.Ordinal) && !line.EndsWith('\r'))
            .Select(line => line.TrimEnd('\r'))];

    [Test]
    public async Task The_head_and_the_first_block_are_exact(CancellationToken cancel)
    {
        var (head, body) = await ReadAsync("/api/notifications?after=latest", Tokens.For(NewName()), "\n\n", cancel);
        Assert.That(head, Does.StartWith("HTTP/1.1 200 ")
            .And.Contain("\r\nContent-Type: text/event-stream\r\n")
            .And.Contain("\r\nCache-Control: no-cache, no-store, no-transform\r\n")
            .And.Contain("\r\nX-Accel-Buffering: no\r\n"));
        var lines = Events(body);
        Assert.That(lines, Has.Count.EqualTo(4), body);
        Assert.That(int.Parse(lines[0]["retry: ".Length..], null), Is.InRange(1_000, 3_000));
        Assert.That(lines[1], Does.Match("^id: [A-Za-z0-9._~-]+$"));
        Assert.That(lines[2], Is.EqualTo("event: heartbeat"));
        Assert.That(lines[3], Is.EqualTo($$"""data: {"cursor":"{{lines[1]["id: ".Length..]}}"}"""));
    }

    [Test]
    public async Task A_notification_is_the_default_event(CancellationToken cancel)
    {
        var user = NewName();
        await PublishAsync($$"""{"to":{"users":["{{user}}"]},"type":"t","orderId":"the one","data":"a\r\nb"}""", cancel);
        var (_, body) = await ReadAsync("/api/notifications", Tokens.For(user), "the one\"", cancel);
        var last = Events(body)[^2..];
        Assert.That(last[0], Does.StartWith("id: "));
        Assert.That(last[1], Does.StartWith("data: {\"cursor\":\"" + last[0]["id: ".Length..]));
    }

    [TestCase("text/event-stream")]
    [TestCase("application/json, TEXT/EVENT-STREAM;q=0.5")]
    public async Task Every_accept_that_contains_the_type_gets_the_stream(string accept, CancellationToken cancel) =>
        await ReadAsync("/api/notifications?after=latest", Tokens.For(NewName()), "event: heartbeat", cancel, $"Accept: {accept}");

    [Test]
    public async Task A_malformed_after_is_a_400_and_a_last_event_id_wins_whatever_it_holds(CancellationToken cancel)
    {
        var user = NewName();
        (await GetAsync("/api/notifications?after=nonsense", Tokens.For(user), cancel, Accept)).IsProblem(400);
        (await GetAsync("/api/notifications?after=", Tokens.For(user), cancel, Accept)).IsProblem(400);
        var cursor = (await GetAsync("/api/notifications?after=latest", Tokens.For(user), cancel)).Json.GetProperty("cursor").GetString();
        await ReadAsync("/api/notifications?after=nonsense", Tokens.For(user), "event: heartbeat", cancel, $"Last-Event-ID: {cursor}");
    }

    [TestCase("nonsense")]
    [TestCase("latest")]
    [TestCase("é")]
    public async Task A_last_event_id_that_cannot_be_read_starts_with_a_gap_of_unknown_extent(string id, CancellationToken cancel)
    {
        var (_, body) = await ReadAsync(
            "/api/notifications?after=nonsense", Tokens.For(NewName()), "reset\"}}", cancel, $"Last-Event-ID: {id}");
        var lines = Events(body);
        Assert.That(lines[^2], Is.EqualTo("event: gap"));
        var gap = JsonSerializer.Deserialize<JsonElement>(lines[^1]["data: ".Length..]);
        Assert.That(gap.EnumerateObject().Select(member => member.Name), Is.EqualTo(["cursor", "gap"]));
        Assert.That(gap.GetProperty("gap").GetRawText(), Is.EqualTo("""{"topic":null,"after":null,"next":null,"reason":"reset"}"""));
    }

    [TestCase("lastEventId={0}")]
    [TestCase("Last-Event-ID={0}")]
    [TestCase("last-event-id={0}&padding=1")]
    [TestCase("lastEventID={0}")]
    [TestCase("LASTEVENTID={0}")]
    [TestCase("last_event_id={0}")]
    [TestCase("evs_last_event_id={0}&evs_preamble=1")]
    [TestCase("last%45ventId={0}")]
    [TestCase("after=latest&lastEventId={0}")]
    [TestCase("after=nonsense&lastEventId={0}")]
    [TestCase("lastEventId=older&lastEventId={0}")]
    [TestCase("Last-Event-ID=older&lastEventId={0}&last-event-id=")]
    public async Task A_polyfill_resumes_by_the_query_whatever_it_calls_the_parameter(string query, CancellationToken cancel)
    {
        var user = NewName();
        var cursor = await MissAsync(user, cancel);
        var (_, body) = await ReadAsync("/api/notifications?" + string.Format(null, query, cursor), Tokens.For(user), "missed\"", cancel);
        Assert.That(body, Does.Not.Contain("seen").And.Not.Contain("event: gap"));
    }

    [Test]
    public async Task A_last_event_id_in_the_header_wins_over_the_query(CancellationToken cancel)
    {
        var user = NewName();
        var cursor = await MissAsync(user, cancel);
        var (_, body) = await ReadAsync(
            "/api/notifications?lastEventId=nonsense", Tokens.For(user), "missed\"", cancel, $"Last-Event-ID: {cursor}");
        Assert.That(body, Does.Not.Contain("seen").And.Not.Contain("event: gap"));
    }

    [TestCase("lastEventId=")]
    [TestCase("lastEventId")]
    [TestCase("Last-Event-ID=&evs_last_event_id=")]
    public async Task An_empty_last_event_id_counts_as_absent(string query, CancellationToken cancel)
    {
        var user = NewName();
        var cursor = await MissAsync(user, cancel);
        var (_, body) = await ReadAsync(
            $"/api/notifications?after={cursor}&{query}", Tokens.For(user), "missed\"", cancel, "Last-Event-ID:");
        Assert.That(body, Does.Not.Contain("seen").And.Not.Contain("event: gap"));
    }

    [TestCase("lastEventId=nonsense")]
    [TestCase("after=latest&Last-Event-ID=latest")]
    public async Task An_unreadable_last_event_id_in_the_query_starts_with_a_gap_of_unknown_extent(
        string query, CancellationToken cancel) =>
        await ReadAsync(
            $"/api/notifications?{query}", Tokens.For(NewName()), """{"topic":null,"after":null,"next":null,"reason":"reset"}""", cancel);

    /// <summary>Publishes one notification that the user has seen and one that it has not.</summary>
    /// <returns>The cursor between them.</returns>
    private async Task<string> MissAsync(string user, CancellationToken cancel)
    {
        await PublishAsync($$"""{"to":{"users":["{{user}}"]},"type":"t","orderId":"seen"}""", cancel);
        var cursor = (await GetAsync("/api/notifications?after=latest", Tokens.For(user), cancel)).Json.GetProperty("cursor").GetString()!;
        await PublishAsync($$"""{"to":{"users":["{{user}}"]},"type":"t","orderId":"missed"}""", cancel);
        return cursor;
    }

    [Test]
    public async Task Somebody_elses_last_event_id_is_one_that_cannot_be_read(CancellationToken cancel)
    {
        var cursor = (await GetAsync("/api/notifications?after=latest", Tokens.For(NewName()), cancel)).Json.GetProperty("cursor")
            .GetString();
        await ReadAsync("/api/notifications", Tokens.For(NewName()), "\"topic\":null", cancel, $"Last-Event-ID: {cursor}");
    }

    [Test]
    public async Task Signalr_streams_are_marked_against_buffering_too(CancellationToken cancel)
    {
        var token = Tokens.For(NewName());
        var negotiated = await SendAsync("POST", "/hubs/orders/negotiate?negotiateVersion=1", token, "", cancel);
        var id = negotiated.Json.GetProperty("connectionToken").GetString();
        var (head, _) = await ReadAsync($"/hubs/orders?id={id}", token, ":\r\n", cancel);
        Assert.That(head,
            Does.StartWith("HTTP/1.1 200 ").And.Contain("\r\nX-Accel-Buffering: no\r\n").And.Contain(
                "\r\nContent-Type: text/event-stream\r\n"));
    }
}
