using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Realtime.Tests.Support;

namespace Realtime.Tests.Publishing;

/// <summary><c>POST /api/notifications/batch</c>.</summary>
internal sealed class BatchTests : ContractTests
{
    private const int BodyLimit = 65_536;
    private const int LineLimit = 10_000;

    private static string Line(string user, string orderId = "o", string more = "") =>
        $$"""{"to":{"users":["{{user}}"]},"type":"t","orderId":"{{orderId}}"{{more}}}""";

    private static string Sized(string user, int bytes) =>
        Line(user, more: $",\"data\":\"{new string('x', bytes - Line(user, more: ",\"data\":\"\"").Length)}\"");

    /// <summary>Per line: its sequence, or its problem's status.</summary>
    private static List<long> Outcomes(string answer) => [.. answer.TrimEnd('\n').Split('\n').Select(line =>
    {
        var json = JsonSerializer.Deserialize<JsonElement>(line);
        return json.TryGetProperty("status", out var status)
            ? status.GetInt64()
            : json.GetProperty("accepted")[0].GetProperty("sequence").GetInt64();
    })];

    [Test]
    public async Task Each_line_is_answered_in_order_and_a_bad_one_does_not_stop_the_others(CancellationToken cancel)
    {
        var user = NewName();
        var answer = await BatchAsync(
            $"{Line(user)}\n{{\n{Line(user, "")}\n{Sized(user, BodyLimit + 1)}\n\u00ff{Line(user)}\n{Line(user)}\n", cancel);
        Assert.That(answer.Status, Is.EqualTo(200));
        Assert.That(answer["Content-Type"], Is.EqualTo("application/x-ndjson"));
        Assert.That(answer.Text, Does.EndWith("\n"));
        Assert.That(Outcomes(answer.Text), Is.EqualTo([1, 400, 400, 413, 400, 2]));
        Assert.That(JsonSerializer.Deserialize<JsonElement>(answer.Text.Split('\n')[2]).GetProperty("errors")
            .TryGetProperty("orderId", out _));
    }

    [Test]
    public async Task Blank_lines_are_skipped_and_every_line_end_will_do(CancellationToken cancel)
    {
        var user = NewName();
        Assert.That(Outcomes((await BatchAsync($"\n\r\n  \t\n{Line(user)}\r\n\n{Line(user)}\n \n{Line(user)}", cancel)).Text),
            Is.EqualTo([1, 2, 3]));
    }

    [Test]
    public async Task A_line_is_nested_as_deeply_as_a_body(CancellationToken cancel)
    {
        var user = NewName();
        var lines = string.Join('\n', Enumerable.Range(Nesting.Deepest - 1, 4).Select(levels => Nesting.Body(user, levels)));
        Assert.That(Outcomes((await BatchAsync(lines, cancel)).Text), Is.EqualTo([1, 2, 400, 400]));
        Assert.That((await StoredAsync(user, cancel))[^1], Does.EndWith($"\"data\":{Nesting.Data(Nesting.Deepest)}}}"));
    }

    [TestCase("")]
    [TestCase("\n")]
    [TestCase("\r\n \r\n")]
    public async Task A_batch_of_nothing_is_answered_with_nothing(string body, CancellationToken cancel)
    {
        var answer = await BatchAsync(body, cancel);
        Assert.That((answer.Status, answer.Text), Is.EqualTo((200, "")));
    }

    [TestCase("\n")]
    [TestCase("\r\n")]
    [TestCase("")]
    public async Task The_line_end_does_not_count_toward_the_size(string end, CancellationToken cancel)
    {
        var user = NewName();
        Assert.That(Outcomes((await BatchAsync(Sized(user, BodyLimit) + end, cancel)).Text), Is.EqualTo([1]));
        Assert.That(Outcomes((await BatchAsync(Sized(user, BodyLimit + 1) + end, cancel)).Text), Is.EqualTo([413]));
    }

    [Test]
    public async Task Lines_beyond_ten_thousand_are_413(CancellationToken cancel)
    {
        var user = NewName();
        var lines = string.Concat(Enumerable.Range(1, LineLimit + 3).Select(n => Line(user, $"{n}") + "\n\n"));
        var outcomes = Outcomes((await BatchAsync(lines, cancel)).Text);
        Assert.That(outcomes.Take(LineLimit), Is.EqualTo(Enumerable.Range(1, LineLimit)), "numbered in the order of the lines");
        Assert.That(outcomes.Skip(LineLimit), Is.EqualTo([413, 413, 413]));
    }

    [Test]
    public async Task The_header_is_a_400_and_so_is_a_bad_key_in_a_line(CancellationToken cancel)
    {
        var user = NewName();
        (await SendAsync(
            "POST", "/api/notifications/batch", Tokens.Publisher(), Line(user), cancel, Lines, "Idempotency-Key: k")).IsProblem(400);
        var lines = $"""
            {Line(user, more: ",\"idempotencyKey\":\"\"")}
            {Line(user, more: ",\"idempotencyKey\":null")}
            {Line(user, more: ",\"idempotencyKey\":1")}
            {Line(user, more: ",\"idempotencyKey\":\"a b\"")}
            {Line(user, more: $",\"idempotencyKey\":\"{new string('k', 129)}\"")}
            {Line(user, more: ",\"idempotencyKey\":\"one\",\"idempotencyKey\":\"one\"")}
            """;
        Assert.That(Outcomes((await BatchAsync(lines, cancel)).Text), Is.EqualTo([400, 400, 400, 400, 400, 400]));
        Assert.That(await StoredAsync(user, cancel), Is.Empty);
    }

    [Test]
    public async Task A_line_is_answered_while_the_next_is_still_to_come(CancellationToken cancel)
    {
        var user = NewName();
        using var client = await OpenAsync(cancel);
        var stream = client.GetStream();
        for (var n = 1; n <= 3; n++)
        {
            await WriteChunkAsync(stream, Line(user) + "\n", cancel);
            await ReadUntilAsync(stream, $"\"sequence\":{n}}}", cancel);
        }
        await stream.WriteAsync("0\r\n\r\n"u8.ToArray(), cancel);
        await ReadUntilAsync(stream, "0\r\n\r\n", cancel);
    }

    [Test]
    public async Task A_client_that_reads_only_after_it_has_written_everything_is_served(CancellationToken cancel)
    {
        var user = NewName();
        using var client = await OpenAsync(cancel, receiveBuffer: 4_096);
        var stream = client.GetStream();
        // Far more bytes of responses than all buffers between the two hold.
        for (var n = 0; n < 100; n++)
            await WriteChunkAsync(stream, string.Concat(Enumerable.Repeat(Line(user) + "\n" + "{\n", 50)), cancel);
        await stream.WriteAsync("0\r\n\r\n"u8.ToArray(), cancel);
        var answer = await RawHttp.ReadAsync(stream, cancel);
        Assert.That(Outcomes(answer.Text), Is.EqualTo(Enumerable.Range(1, 5_000).SelectMany(n => new long[] { n, 400 })));
    }

    [Test]
    public async Task A_batch_that_breaks_off_has_stored_what_came(CancellationToken cancel)
    {
        var user = NewName();
        using (var client = await OpenAsync(cancel))
        {
            await WriteChunkAsync(client.GetStream(), Line(user) + "\n" + Line(user)[..20], cancel);
            await ReadUntilAsync(client.GetStream(), "\"sequence\":1}", cancel);
            client.LingerState = new LingerOption(true, 0);   // a reset, not a clean close
        }
        Assert.That(await StoredAsync(user, cancel), Has.Count.EqualTo(1));
    }

    private async Task<TcpClient> OpenAsync(CancellationToken cancel, int receiveBuffer = 65_536)
    {
        var client = new TcpClient { ReceiveBufferSize = receiveBuffer };
        await client.ConnectAsync(Server.Address.Host, Server.Address.Port, cancel);
        var head =
            $"POST /api/notifications/batch HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {Tokens.Publisher()}\r\n{Lines}\r\nTransfer-Encoding: chunked\r\n\r\n";
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(head), cancel);
        return client;
    }

    private static async Task WriteChunkAsync(NetworkStream stream, string text, CancellationToken cancel) =>
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{text.Length:x}\r\n{text}\r\n")), cancel);

    private static async Task ReadUntilAsync(NetworkStream stream, string text, CancellationToken cancel)
    {
        var seen = new StringBuilder();
        var buffer = new byte[4_096];
        while (!seen.ToString().Contains(text, StringComparison.Ordinal))
        {
            var count = await stream.ReadAsync(buffer, cancel);
            Assert.That(count, Is.Positive, $"The answer ended before '{text}': {seen}");
            seen.Append(Encoding.ASCII.GetString(buffer, 0, count));
        }
    }
}
