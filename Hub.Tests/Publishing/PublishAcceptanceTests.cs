using System.Globalization;
using System.Text.Json;
using Realtime.Tests.Support;

namespace Realtime.Tests.Publishing;

/// <summary>What is accepted, how it is answered, and that it is delivered as it was sent.</summary>
internal sealed class PublishAcceptanceTests : ContractTests
{
    private static string Body(string user, string members) =>
        $$"""{"to":{"users":["{{user}}"]},"type":"order.created","orderId":"o",{{members}}}""";

    [Test]
    public async Task The_answer_names_users_groups_and_all_as_in_the_body_and_each_once(CancellationToken cancel)
    {
        var (a, b, g) = (NewName("a"), NewName("b"), NewName("g"));
        var answer = await PublishAsync(
            $$"""{"to":{"everyone":true,"groups":["{{g}}","{{g}}"],"users":["{{b}}","{{a}}","{{b}}"]},"type":"t","orderId":"o"}""", cancel);
        Assert.That(answer.Status, Is.EqualTo(202), answer.Text);
        Assert.That(answer["Content-Type"], Is.EqualTo("application/json"));
        Assert.That(answer.Json.EnumerateObject().Select(member => member.Name), Is.EqualTo(["id", "duplicate", "accepted"]));
        Assert.That(answer.Json.GetProperty("duplicate").GetBoolean(), Is.False);
        var accepted = answer.Json.GetProperty("accepted").EnumerateArray().ToList();
        Assert.That(
            accepted.Select(one => one.GetProperty("topic").GetString()), Is.EqualTo([$"user:{b}", $"user:{a}", $"group:{g}", "all"]));
        Assert.That(accepted.Take(3).Select(one => one.GetProperty("sequence").GetInt64()), Is.EqualTo([1, 1, 1]));
    }

    [TestCase("""{"total":1.10}""")]
    [TestCase("1.10")]
    [TestCase("-0.0e+00")]
    [TestCase("123456789012345678901234567890.123456789")]
    [TestCase("9007199254740993")]
    [TestCase("\"\\u00e9\\/\\ud83d\\ude00\\u0000\\u2028\"")]
    [TestCase("\"é😀\u2028</script>\"")]
    [TestCase("null")]
    [TestCase("true")]
    [TestCase("[]")]
    [TestCase("""{"a":1,"a":2,"__proto__":{"a":3},"":""}""")]
    public async Task Data_is_delivered_as_it_was_sent(string data, CancellationToken cancel)
    {
        var user = NewName();
        Assert.That((await PublishAsync(Body(user, $"\"data\":{data}"), cancel)).Status, Is.EqualTo(202));
        Assert.That((await StoredAsync(user, cancel)).Single(), Does.EndWith($",\"data\":{data}}}"));
    }

    [Test]
    public async Task Only_white_space_outside_strings_goes(CancellationToken cancel)
    {
        var user = NewName();
        await PublishAsync(Body(user, "\r\n \"data\" : \t{ \"a b\" : [ 1.0 , \" x\\\" \\\\\" ] } \n"), cancel);
        Assert.That((await StoredAsync(user, cancel)).Single(), Does.EndWith("""
            ,"data":{"a b":[1.0," x\" \\"]}}
            """));
    }

    [Test]
    public async Task Absent_data_is_absent(CancellationToken cancel)
    {
        var user = NewName();
        await PublishAsync(Body(user, "\"time\":null"), cancel);
        var item = JsonSerializer.Deserialize<JsonElement>((await StoredAsync(user, cancel)).Single());
        Assert.That(item.EnumerateObject()
            .Select(member => member.Name), Is.EqualTo(["cursor", "topic", "sequence", "id", "type", "orderId", "time"]));
        var time = item.GetProperty("time").GetString()!;
        Assert.That(time, Does.Match(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"));
        var age = TimeProvider.System.GetUtcNow() - DateTimeOffset.Parse(time, CultureInfo.InvariantCulture);
        Assert.That(age, Is.InRange(TimeSpan.FromSeconds(-1), TimeSpan.FromMinutes(1)), "the default is now");
    }

    [TestCase("2026-11-22T09:00:00Z")]
    [TestCase("2026-11-22t09:00:00.000000000001z")]
    [TestCase("2026-11-22T09:00:00-00:00")]
    [TestCase("2016-12-31T23:59:60Z")]
    [TestCase("2017-01-01T08:59:60.5+09:00")]
    [TestCase("0000-02-29T00:00:00+23:59")]
    public async Task A_time_is_delivered_as_it_was_sent(string time, CancellationToken cancel)
    {
        var user = NewName();
        Assert.That((await PublishAsync(Body(user, $"\"time\":\"{time}\""), cancel)).Status, Is.EqualTo(202));
        Assert.That((await StoredAsync(user, cancel)).Single(), Does.Contain($"\"time\":\"{time}\""));
    }

    [Test]
    public async Task Everything_at_its_limit_is_accepted(CancellationToken cancel)
    {
        string Names(int count, string prefix) => string.Join(',', Enumerable.Range(0, count).Select(n => $"\"{prefix}{n}\""));
        var longest = NewName() + string.Concat(Enumerable.Repeat("é", 128));
        longest = longest[..128];
        var nested = Nesting.Data(Nesting.Deepest);
        var answer = await PublishAsync(
            $$"""{"to":{"users":["{{longest}}",{{Names(999, "u")}},"u1"],"groups":[{{Names(100, "g")}}]},"type":"{{new string('t', 64)}}","orderId":"{{string.Concat(Enumerable.Repeat("😀", 64))}}","data":{{nested}}}""", cancel);
        Assert.That(answer.Status, Is.EqualTo(202), answer.Text);
        Assert.That(answer.Json.GetProperty("accepted").GetArrayLength(), Is.EqualTo(1100));
        Assert.That(await StoredAsync(longest, cancel), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Null_is_the_same_as_absent_where_the_contract_says_so(CancellationToken cancel)
    {
        var user = NewName();
        Assert.That(
            (await PublishAsync(
                $$"""{"to":{"users":["{{user}}"],"groups":null,"everyone":null},"type":"t","orderId":"o","time":null,"data":null}""",
                cancel)).Status, Is.EqualTo(202));
        Assert.That((await StoredAsync(user, cancel)).Single(), Does.EndWith(",\"data\":null}"));
    }

    [Test]
    public async Task Numbers_have_no_holes_and_refusals_burn_none(CancellationToken cancel)
    {
        var user = NewName();
        for (var n = 1; n <= 5; n++)
        {
            var answer = await PublishAsync(Body(user, "\"data\":1"), cancel);
            Assert.That(answer.Json.GetProperty("accepted")[0].GetProperty("sequence").GetInt64(), Is.EqualTo(n));
            await PublishAsync(Body(user, "\"data\":"), cancel);
        }
    }
}
