using System.Text.Json;
using Realtime.Tests.Delivery;
using Realtime.Tests.Support;

namespace Realtime.Tests.Publishing;

/// <summary>One key, one notification.</summary>
internal sealed class IdempotencyTests : ContractTests
{
    private static string Body(string user, string rest = """ "type":"t","orderId":"o","data":{"n":1.10} """) =>
        $$"""{"to":{"users":["{{user}}"]},{{rest}}}""";

    private Task<RawAnswer> PublishAsync(string key, string body, CancellationToken cancel, string publisher = "publisher") =>
        SendAsync("POST", "/api/notifications", Tokens.Publisher(publisher), body, cancel, Json, $"Idempotency-Key: {key}");

    private static (string? Id, bool Duplicate, long Sequence) Read(JsonElement answer) =>
        (answer.GetProperty("id").GetString(), answer.GetProperty("duplicate")
            .GetBoolean(), answer.GetProperty("accepted")[0].GetProperty("sequence").GetInt64());

    [Test]
    public async Task A_repeat_stores_nothing_and_answers_with_the_first_result(CancellationToken cancel)
    {
        var (user, key) = (NewName(), NewName("key"));
        var first = Read((await PublishAsync(key, Body(user), cancel)).Json);
        await PublishAsync(NewName("key"), Body(user), cancel);
        var again = await PublishAsync(key, Body(user), cancel);
        Assert.That(again.Status, Is.EqualTo(202));
        Assert.That(Read(again.Json), Is.EqualTo((first.Id, true, first.Sequence)));
        Assert.That(first.Duplicate, Is.False);
        Assert.That(await StoredAsync(user, cancel), Has.Count.EqualTo(2));
    }

    [Test]
    public async Task What_is_the_same_request_is_a_repeat(CancellationToken cancel)
    {
        var (a, b, key) = (NewName(), NewName(), NewName("key"));
        await PublishAsync(key, $$"""{"to":{"users":["{{a}}","{{b}}"]},"type":"t","orderId":"é","data":{"n":1} }""", cancel);
        foreach (var same in (string[])
        [
            $$"""{"data":{"n":1},"orderId":"é","type":"t","to":{"users":["{{b}}","{{a}}","{{a}}"]} }""",
            $$"""{"to":{"users":["{{a}}","{{b}}"],"groups":null,"everyone":false},"type":"t","orderId":"\u00e9","time":null,"data":{"n":1} }""",
        ])
        {
            var answer = await PublishAsync(key, same, cancel);
            Assert.That(answer.Status, Is.EqualTo(202), answer.Text);
            Assert.That(answer.Json.GetProperty("duplicate").GetBoolean());
        }
    }

    [Test]
    public async Task A_repeat_in_another_order_is_answered_in_that_order(CancellationToken cancel)
    {
        var (a, b, key) = (NewName(), NewName(), NewName("key"));
        await PublishAsync(NewName("key"), Body(b), cancel);
        await PublishAsync(key, $$"""{"to":{"users":["{{a}}","{{b}}"]},"type":"t","orderId":"o"}""", cancel);
        var answer = await PublishAsync(key, $$"""{"to":{"users":["{{b}}","{{a}}"]},"type":"t","orderId":"o"}""", cancel);
        Assert.That(answer.Json.GetProperty("accepted")
            .GetRawText(), Is.EqualTo($$"""[{"topic":"user:{{b}}","sequence":2},{"topic":"user:{{a}}","sequence":1}]"""));
    }

    [TestCase(""" "type":"u","orderId":"o","data":{"n":1.10} """, TestName = "Another type is a 422")]
    [TestCase(""" "type":"t","orderId":"O","data":{"n":1.10} """, TestName = "Another order is a 422")]
    [TestCase(""" "type":"t","orderId":"o","data":{"n":1.1} """, TestName = "Other bytes of data are a 422")]
    [TestCase(""" "type":"t","orderId":"o","data":{"n": 1.10} """, TestName = "Other white space in data is a 422")]
    [TestCase(""" "type":"t","orderId":"o" """, TestName = "Data that is absent is a 422")]
    [TestCase(""" "type":"t","orderId":"o","data":null """, TestName = "Data that is null is a 422")]
    [TestCase(""" "type":"t","orderId":"o","data":{"n":1.10},"time":"2026-11-22T09:00:00Z" """,
        TestName = "A time that was absent is a 422")]
    public async Task Another_body_is_a_422(string rest, CancellationToken cancel)
    {
        var (user, key) = (NewName(), NewName("key"));
        Assert.That((await PublishAsync(key, Body(user), cancel)).Status, Is.EqualTo(202));
        (await PublishAsync(key, Body(user, rest), cancel)).IsProblem(422);
        Assert.That(await StoredAsync(user, cancel), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Other_targets_are_a_422(CancellationToken cancel)
    {
        var (user, other, key) = (NewName(), NewName(), NewName("key"));
        await PublishAsync(key, Body(user), cancel);
        (await PublishAsync(key, Body(other), cancel)).IsProblem(422);
        (await PublishAsync(key, Body($"{user}\",\"{other}"), cancel)).IsProblem(422);
        (await PublishAsync(key, $$"""{"to":{"groups":["{{user}}"]},"type":"t","orderId":"o","data":{"n":1.10} }""", cancel)).IsProblem(
            422);
        Assert.That(await StoredAsync(other, cancel), Is.Empty);
    }

    [Test]
    public async Task Null_and_absent_data_are_two_bodies(CancellationToken cancel)
    {
        var (user, key) = (NewName(), NewName("key"));
        await PublishAsync(key, Body(user, """ "type":"t","orderId":"o" """), cancel);
        (await PublishAsync(key, Body(user, """ "type":"t","orderId":"o","data":null """), cancel)).IsProblem(422);
    }

    [Test]
    public async Task Keys_of_two_publishers_never_meet(CancellationToken cancel)
    {
        var (user, key) = (NewName(), NewName("key"));
        await PublishAsync(key, Body(user), cancel, "one");
        Assert.That((await PublishAsync(key, Body(user, """ "type":"u","orderId":"o" """), cancel, "two")).Json.GetProperty("duplicate")
            .GetBoolean(), Is.False);
    }

    [Test]
    public async Task Headers_and_lines_share_a_namespace(CancellationToken cancel)
    {
        var (user, key) = (NewName(), NewName("key"));
        var first = Read((await PublishAsync(key, Body(user), cancel)).Json);
        var line = Body(user).Insert(1, $"\"idempotencyKey\":\"{key}\",");
        var lines = (await BatchAsync($"{line}\n{line.Replace("1.10", "2")}\n", cancel)).Text.Split('\n');
        Assert.That(Read(JsonSerializer.Deserialize<JsonElement>(lines[0])), Is.EqualTo((first.Id, true, first.Sequence)));
        Assert.That(JsonSerializer.Deserialize<JsonElement>(lines[1]).GetProperty("status").GetInt32(), Is.EqualTo(422));
    }

    [Test]
    public async Task A_refused_body_does_not_use_its_key_up(CancellationToken cancel)
    {
        var (user, key) = (NewName(), NewName("key"));
        (await PublishAsync(key, Body(user, "\"type\":\"T\",\"orderId\":\"o\""), cancel)).IsProblem(400);
        Assert.That((await PublishAsync(key, Body(user), cancel)).Json.GetProperty("duplicate").GetBoolean(), Is.False);
    }

    [Test]
    public async Task Of_repeats_that_come_together_exactly_one_is_the_first(CancellationToken cancel)
    {
        for (var round = 0; round < 5; round++)
        {
            var (user, key) = (NewName(), NewName("key"));
            var answers = await Task.WhenAll(Enumerable.Range(0, 24).Select(n => n % 3 == 0
                ? BatchAsync(Body(user).Insert(1, $"\"idempotencyKey\":\"{key}\","), cancel)
                : PublishAsync(key, Body(user), cancel)));
            Assert.That(answers.Select(answer => answer.Status), Is.All.AnyOf(200, 202));
            var read = answers.Select(answer => Read(answer.Json)).ToList();
            Assert.That(read.Count(one => !one.Duplicate), Is.EqualTo(1));
            Assert.That(read.Select(one => (one.Id, one.Sequence)).Distinct().Count(), Is.EqualTo(1));
            Assert.That(await StoredAsync(user, cancel), Has.Count.EqualTo(1));
        }
    }

    [Test]
    public async Task A_key_outlives_a_crash(CancellationToken cancel)
    {
        Requires.Signals();
        await using var server = await TestServer.StartAsync(cancel: cancel);
        var sequence = await server.PublishAsync("alice", "o", cancel, "the-key");
        await server.KillAsync();
        await server.StartAgainAsync(cancel);
        using var again = await server.TryPublishAsync(new { users = (string[])["alice"] }, "o", cancel, "the-key");
        Assert.That(
            Read(JsonSerializer.Deserialize<JsonElement>(await again.Content.ReadAsStringAsync(cancel))) is { Duplicate: true } first
            ? first.Sequence
            : 0, Is.EqualTo(sequence));
        using var other = await server.TryPublishAsync(new { users = (string[])["alice"] }, "p", cancel, "the-key");
        Assert.That((int)other.StatusCode, Is.EqualTo(422));
    }

    [Test]
    public async Task Repeats_in_one_batch_are_one(CancellationToken cancel)
    {
        var (user, key) = (NewName(), NewName("key"));
        var line = Body(user).Insert(1, $"\"idempotencyKey\":\"{key}\",");
        var answers = (await BatchAsync(string.Join('\n', Enumerable.Repeat(line, 20)), cancel)).Text.TrimEnd('\n').Split('\n');
        Assert.That(answers.Select(answer => Read(JsonSerializer.Deserialize<JsonElement>(answer)).Duplicate),
            Is.EqualTo(Enumerable.Range(0, 20).Select(n => n > 0)));
        Assert.That(await StoredAsync(user, cancel), Has.Count.EqualTo(1));
    }
}
