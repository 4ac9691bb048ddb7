using System.Text.Json;
using Realtime.Tests.Support;

namespace Realtime.Tests.Telemetry;

/// <summary>What is stored of a publisher's <c>traceparent</c>, on a node that no program listens to.</summary>
internal sealed class StoredTraceTests : ContractTests
{
    private const string Trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    private const string Sampled = $"00-{Trace}-00f067aa0ba902b7-01";
    private const string Header = $"traceparent: {Sampled}";

    private static string Body(string user, string members = "") =>
        $$"""{"to":{"users":["{{user}}"]},"type":"t","orderId":"o"{{members}}}""";

    [TestCase("", "\"}")]
    [TestCase(""","data":{"trace":"x"}""", "}}")]
    [TestCase(""","data":"a\",\"trace\":\"b\"}" """, "\"}")]
    public async Task The_trace_of_a_sampled_request_is_the_last_member(string data, string end, CancellationToken cancel)
    {
        var user = NewName();
        Assert.That((await PublishAsync(Body(user, data), cancel, Header, "tracestate: a=b", "baggage: user=alice")).Status, Is.EqualTo(202));
        Assert.That((await PublishAsync(Body(user, data), cancel)).Status, Is.EqualTo(202));
        var stored = await StoredAsync(user, cancel);
        Assert.That(stored[0], Does.EndWith($",\"trace\":\"{Sampled}\"}}").And.Not.Contain("alice").And.Not.Contain("a=b"));
        Assert.That(stored[1], Does.EndWith(end).And.Not.Contain(Trace));
        Assert.That(JsonSerializer.Deserialize<JsonElement>(stored[0]).EnumerateObject().Last().Name, Is.EqualTo("trace"));
    }

    [TestCase($"00-{Trace}-00f067aa0ba902b7-00")]
    [TestCase($"00-{Trace}-0000000000000000-01")]
    [TestCase($"ff-{Trace}-00f067aa0ba902b7-01")]
    [TestCase($"00-{Trace}-00f067aa0ba902b7-01-more")]
    [TestCase("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01")]
    [TestCase("\"}")]
    [TestCase("")]
    public async Task One_that_is_not_sampled_or_invalid_is_ignored(string traceparent, CancellationToken cancel)
    {
        var user = NewName();
        Assert.That((await PublishAsync(Body(user), cancel, $"traceparent: {traceparent}")).Status, Is.EqualTo(202));
        Assert.That((await StoredAsync(user, cancel)).Single(), Does.Not.Contain("trace"));
    }

    [Test]
    public async Task Two_headers_are_ignored(CancellationToken cancel)
    {
        var user = NewName();
        Assert.That((await PublishAsync(Body(user), cancel, Header, Header)).Status, Is.EqualTo(202));
        Assert.That((await StoredAsync(user, cancel)).Single(), Does.Not.Contain("trace"));
    }

    [Test]
    public async Task Each_line_of_a_batch_takes_the_one_of_the_request(CancellationToken cancel)
    {
        var user = NewName();
        var answer = await SendAsync(
            "POST", "/api/notifications/batch", Tokens.Publisher(), $"{Body(user)}\n{Body(user)}\n", cancel, Lines, Header);
        Assert.That(answer.Status, Is.EqualTo(200));
        var stored = await StoredAsync(user, cancel);
        Assert.That(stored, Has.Count.EqualTo(2));
        Assert.That(stored, Has.All.EndsWith($",\"trace\":\"{Sampled}\"}}"));
    }

    [Test]
    public async Task A_repeat_with_another_trace_is_a_repeat_and_the_first_stays(CancellationToken cancel)
    {
        var user = NewName();
        var key = $"Idempotency-Key: {NewName("key")}";
        var first = await PublishAsync(Body(user), cancel, key, Header);
        var again = await PublishAsync(Body(user), cancel, key, "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        var without = await PublishAsync(Body(user), cancel, key);
        Assert.That(new[] { first, again, without }.Select(it => (it.Status, it.Json.GetProperty("duplicate").GetBoolean())),
            Is.EqualTo(new[] { (202, false), (202, true), (202, true) }));
        Assert.That((await StoredAsync(user, cancel)).Single(), Does.EndWith($",\"trace\":\"{Sampled}\"}}"));
    }

    [Test]
    public async Task A_publisher_cannot_send_the_member_itself(CancellationToken cancel)
    {
        var answer = await PublishAsync(Body(NewName(), $",\"trace\":\"{Sampled}\""), cancel, Header);
        Assert.That((answer.Status, answer.Json.GetProperty("errors").GetProperty("trace")[0].GetString()),
            Is.EqualTo((400, "Unknown member.")));
    }

    [Test]
    public async Task The_largest_body_has_room_for_it(CancellationToken cancel)
    {
        var user = NewName();
        var frame = Body(user, ""","data":"" """);
        var body = frame.Replace("\"\"", $"\"{new string('x', 65_536 - frame.Length)}\"", StringComparison.Ordinal);
        Assert.That((body.Length, (await PublishAsync(body, cancel, Header)).Status), Is.EqualTo((65_536, 202)));
        Assert.That((await StoredAsync(user, cancel)).Single(), Does.EndWith($"x\",\"trace\":\"{Sampled}\"}}"));
    }
}
