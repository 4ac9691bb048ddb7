using System.Text;
using Realtime.Client;
using Realtime.Tests.Delivery;
using Realtime.Tests.Support;

namespace Realtime.Tests.Operations.Answers;

internal abstract partial class AnswersContract
{
    private const string Erase = "/api/admin/erase";

    [Test]
    public async Task Erasing_leaves_a_number_a_gap_for_those_behind_and_nothing_else(CancellationToken cancel)
    {
        var user = NewUser();
        var token = Tokens.For(user);
        for (var n = 1; n <= 3; n++) await PublishAsync(new { users = new[] { user } }, $"erased-{n}", cancel);
        await using var atHead = await HubReceiver.ConnectAsync(Hub, token, Transport.WebSockets, cancel);
        await atHead.SubscribeAsync("earliest", cancel);
        var items = await atHead.TakeAsync(1 + 3, cancel);
        var first = items.First(item => item.IsNotification()).Cursor();
        await SendAsync("PUT", "/api/notifications/acknowledged", token, new { cursor = items[^1].Cursor() }, cancel);

        var answer = await SendAsync("POST", Erase, Admin, new { user, confirm = user }, cancel);
        Assert.That(answer.Status, Is.EqualTo(202), answer.Text);
        Assert.That((Number(answer.Json, "entries"), Number(answer.Json, "head")), Is.EqualTo((3, 3)));
        Assert.That(answer.Json.GetProperty("silent").GetArrayLength(), Is.Zero);
        Assert.That(answer.Json.GetProperty("stays").EnumerateArray().Select(it => it.GetString()),
            Has.Some.Contains("25 hours").And.Some.Contains("numbers never start again").And.None.Contains("memory"));

        var topic = await TopicAsync(user, cancel);
        Assert.That((Number(topic, "head"), Number(topic, "retained")), Is.EqualTo((3, 0)));
        var described = await UserAsync(user, cancel);
        Assert.That(Number(described, "unread"), Is.Zero);
        Assert.That(described.GetProperty("topics")[0].GetProperty("acknowledged").ValueKind, Is.EqualTo(System.Text.Json.JsonValueKind.Null));
        // On every node, whichever answers.
        for (var n = 0; n < 6; n++)
        {
            var page = await RawHttp.SendAsync(Hub, "GET", "/api/notifications?after=earliest", token, null, cancel);
            Assert.That(page.Text, Does.Not.Contain(Secret).And.Contain("\"items\":[]"));
            await using var behind = await EventStreamReceiver.ConnectAsync(Hub, token, first, cancel);
            Assert.That((await behind.TakeAsync(2, cancel)).Select(Items.Describe),
                Is.EqualTo(["position", $"gap user:{user} 1-4 expired"]));
        }
        await PublishAsync(new { users = new[] { user } }, cancel);
        Assert.That((await atHead.TakeAsync(1, cancel)).Select(Items.Describe), Is.EqualTo([$"user:{user} 4 1"]), "nothing before it");
    }

    [Test]
    public async Task Erasing_takes_the_name_twice_and_a_role(CancellationToken cancel)
    {
        (string Body, string Field)[] wrong =
        [
            ("""{"user":"x"}""", "confirm"), ("""{"user":"x","confirm":"X"}""", "confirm"), ("""{"confirm":"x"}""", "user"),
            ("""{"user":"","confirm":""}""", "user"), ("""{"user":1,"confirm":1}""", "user"), ("[]", "body"), ("{", "body"),
            ("""{"user":"x","user":"x","confirm":"x"}""", "body"), ("""{"user":"x","confirm":"x","topic":"y"}""", "topic"),
        ];
        foreach (var (body, field) in wrong)
        {
            var refused = await PostAsync(Admin, body);
            refused.IsProblem(400, body);
            Assert.That(refused.Json.GetProperty("errors").TryGetProperty(field, out _), $"{body}: {refused.Text}");
        }
        (await PostAsync(Admin, new string(' ', (4 * 1024) + 1))).IsProblem(413);
        const string Right = """{"user":"x","confirm":"x"}""";
        (await PostAsync(null, Right)).IsProblem(401);
        (await PostAsync(Tokens.For("x"), Right)).IsProblem(403);
        (await PostAsync(Tokens.Publisher(), Right)).IsProblem(403);

        Task<RawAnswer> PostAsync(string? token, string body) => RawHttp.SendAsync(
            Hub, "POST", Erase, token, Encoding.UTF8.GetBytes(body), cancel, "Content-Type: application/json");
    }
}
