using System.Text.Json;
using Realtime.Client;
using Realtime.Tests.Delivery;
using Realtime.Tests.Support;

namespace Realtime.Tests.Operations.Answers;

/// <summary>
/// Answers about one user and one topic agree with what the test itself has opened, published, read and acknowledged, wherever requests go.
/// </summary>
[CancelAfter(90_000)]
internal abstract partial class AnswersContract
{
    private static readonly string Admin = Tokens.For("the operator", null, "admin");
    private static readonly Transport[] Transports = [Transport.WebSockets, Transport.ServerSentEvents, Transport.LongPolling];

    /// <summary>In the data of everything that is published.</summary>
    protected const string Secret = "nobody-may-read-this-later";

    private static int _users;

    /// <summary>Where every request of a test goes.</summary>
    protected abstract Uri Hub { get; }

    private static string NewUser() => $"ann {Interlocked.Increment(ref _users)} +&é/..";

    [Test]
    public async Task Presence_counts_the_connections_of_every_transport_on_every_node(CancellationToken cancel)
    {
        var (ann, bob, absent) = (NewUser(), NewUser(), NewUser());
        await using var readers = new AsyncDisposables();
        // Six rounds, so that each node has some, whichever comes first.
        for (var round = 0; round < 6; round++)
        {
            foreach (var transport in Transports)
                readers.Add(await HubReceiver.ConnectAsync(Hub, Tokens.For(ann), transport, cancel));
        }
        var stream = await EventStreamReceiver.ConnectAsync(Hub, Tokens.For(bob), "latest", cancel);
        var expected = $$"""{"users":{"{{ann}}":18,"{{bob}}":1,"{{absent}}":0},"complete":true}""";
        var path = $"/api/presence?user={Escape(ann)}&user={Escape(bob)}&user={Escape(absent)}";
        await Eventually.True("all are counted", async () => (await GetAsync(path, cancel)).GetRawText() == expected, cancel);
        await stream.DisposeAsync();
        await Eventually.True("one has left",
            async () => (await GetAsync(path, cancel)).GetProperty("users").GetProperty(bob).GetInt32() == 0, cancel);
    }

    [Test]
    public async Task A_user_is_described_as_it_reads_and_acknowledges(CancellationToken cancel)
    {
        var user = NewUser();
        var token = Tokens.For(user, ["answers"]);
        for (var n = 1; n <= 5; n++) await PublishAsync(new { users = new[] { user } }, cancel);
        await using var reader = await HubReceiver.ConnectAsync(Hub, token, Transport.WebSockets, cancel);
        await reader.SubscribeAsync("earliest", cancel);
        var third = (await reader.TakeAsync(1 + 3, cancel)).Last(item => item.IsNotification());
        var unread = (await SendAsync("PUT", "/api/notifications/acknowledged", token, new { cursor = third.Cursor() }, cancel)).Json
            .GetProperty("unread").GetInt64();

        var described = await UserAsync(user, cancel);
        var own = described.GetProperty("topics")[0];
        Assert.That(own.GetRawText(), Is.EqualTo(
            $$"""{"topic":"user:{{user}}","head":5,"acknowledged":3,"unread":2}"""));
        Assert.That(described.GetProperty("unread").GetInt64(), Is.EqualTo(unread), "the user's own count");
        var connection = described.GetProperty("connections").EnumerateArray().Single();
        Assert.That(connection.GetProperty("transport").GetString(), Is.EqualTo("webSockets"));
        Assert.That(connection.GetProperty("since").GetDateTimeOffset(),
            Is.EqualTo(TimeProvider.System.GetUtcNow()).Within(TimeSpan.FromMinutes(2)));
        Assert.That(connection.GetProperty("expiresAt").GetDateTimeOffset(), Is.GreaterThan(TimeProvider.System.GetUtcNow()));
        await Eventually.True("it was handed all", async () => Behind(await UserAsync(user, cancel)) is [("user", 5, 0), ("group", 0, 0), ..], cancel);
    }

    [Test]
    public async Task Connections_that_ended_are_listed_with_the_reason(CancellationToken cancel)
    {
        var user = NewUser();
        await (await EventStreamReceiver.ConnectAsync(Hub, Tokens.For(user), "latest", cancel)).DisposeAsync();
        await Eventually.True("it has left", async () => Ended(await UserAsync(user, cancel)) is ["eventSource left"], cancel);
        await using var stream = await EventStreamReceiver.ConnectAsync(Hub, Tokens.For(user), "latest", cancel);
        Assert.That((await SendAsync("POST", $"/api/admin/disconnect?user={Escape(user)}", Admin, new { }, cancel)).Status, Is.EqualTo(202));
        await stream.TakeAllAsync(cancel);
        await Eventually.True("it was sent away",
            async () => Ended(await UserAsync(user, cancel)) is ["eventSource revoked", "eventSource left"], cancel);
    }

    [Test]
    public async Task A_topic_is_described_with_its_range_and_its_readers(CancellationToken cancel)
    {
        var user = NewUser();
        for (var n = 1; n <= 4; n++) await PublishAsync(new { users = new[] { user } }, cancel);
        await using var readers = new AsyncDisposables();
        for (var n = 0; n < 7; n++) readers.Add(await EventStreamReceiver.ConnectAsync(Hub, Tokens.For(user), "latest", cancel));
        await Eventually.True("all read", async () => (await TopicAsync(user, cancel)).GetProperty("readers").GetInt32() == 7, cancel);
        var topic = await TopicAsync(user, cancel);
        Assert.That((Number(topic, "head"), Number(topic, "first"), Number(topic, "retained")), Is.EqualTo((4, 1, 4)));
        Assert.That(topic.GetProperty("headAt").GetDateTimeOffset(),
            Is.EqualTo(TimeProvider.System.GetUtcNow()).Within(TimeSpan.FromMinutes(2)));
    }

    [Test]
    public async Task An_unknown_user_or_topic_is_zeros(CancellationToken cancel)
    {
        var user = NewUser();
        var described = await UserAsync(user, cancel);
        Assert.That((Number(described, "unread"), Number(described, "open")), Is.EqualTo((0, 0)));
        Assert.That(described.GetProperty("connections").GetArrayLength() + described.GetProperty("ended").GetArrayLength(), Is.Zero);
        Assert.That(described.GetProperty("topics")[0].GetProperty("head").GetInt64(), Is.Zero);
        var topic = await TopicAsync(user, cancel);
        Assert.That(topic.GetRawText(), Is.EqualTo(
            $$"""{"topic":"user:{{user}}","head":0,"headAt":null,"first":null,"retained":0,"readers":0}"""));
    }

    [TestCase("/api/presence", "user", 100, true)]
    [TestCase("/api/admin/user", "user", 10, false)]
    [TestCase("/api/admin/topic", "topic", 10, false)]
    public async Task A_question_names_at_least_one_and_so_many_at_most(
        string path, string parameter, int most, bool publishes, CancellationToken cancel)
    {
        var token = publishes ? Tokens.Publisher() : Admin;
        var name = parameter == "topic" ? "user:x" : "x";
        var longest = parameter == "topic" ? "user:" + new string('é', 128) : new string('é', 128);
        Assert.That((await RawHttp.SendAsync(Hub, "GET", path + Query(most), token, null, cancel)).Status, Is.EqualTo(200));
        string[] wrong = ["", Query(most + 1), $"?{parameter}=", $"?{parameter}={Escape(longest)}x", $"?{parameter}={name}&{parameter}=%00"];
        foreach (var query in wrong)
        {
            var refused = await RawHttp.SendAsync(Hub, "GET", path + query, token, null, cancel);
            refused.IsProblem(400, query);
            Assert.That(refused.Json.GetProperty("errors").GetProperty(parameter)[0].GetString(), Does.Contain($"1 to {most}"));
        }
        (await RawHttp.SendAsync(Hub, "GET", path + Query(1), null, null, cancel)).IsProblem(401);
        (await RawHttp.SendAsync(Hub, "GET", path + Query(1), publishes ? Admin : Tokens.Publisher(), null, cancel)).IsProblem(403);

        string Query(int count) => "?" + string.Join('&', Enumerable.Range(0, count).Select(n => $"{parameter}={name}{n}"));
    }

    [Test]
    public async Task A_hundred_of_the_longest_names_are_asked_on_every_node(CancellationToken cancel)
    {
        // Each code unit takes six bytes in the question to a node. In the query it takes three, and the web server reads 8 KiB of that.
        var query = string.Join('&', Enumerable.Range(0, 100).Select(n => $"user={n}{new string('<', 20)}"));
        var answer = await GetAsync("/api/presence?" + query, cancel);
        Assert.That(answer.GetProperty("complete").GetBoolean());
        Assert.That(answer.GetProperty("users").EnumerateObject().Count(), Is.EqualTo(100));
    }

    private async Task<JsonElement> GetAsync(string path, CancellationToken cancel)
    {
        var token = path.StartsWith("/api/presence", StringComparison.Ordinal) ? Tokens.Publisher() : Admin;
        var answer = await RawHttp.SendAsync(Hub, "GET", path, token, null, cancel);
        Assert.That(answer.Status, Is.EqualTo(200), answer.Text);
        Assert.That(answer["Cache-Control"], Is.EqualTo("no-store"));
        return answer.Json;
    }

    private async Task<JsonElement> UserAsync(string user, CancellationToken cancel)
    {
        var answer = await GetAsync($"/api/admin/user?user={Escape(user)}", cancel);
        Assert.That(answer.GetProperty("silent").GetArrayLength(), Is.Zero);
        return answer.GetProperty("users").EnumerateArray().Single();
    }

    private async Task<JsonElement> TopicAsync(string user, CancellationToken cancel)
    {
        var answer = await GetAsync($"/api/admin/topic?topic={Escape($"user:{user}")}", cancel);
        Assert.That(answer.GetProperty("silent").GetArrayLength(), Is.Zero);
        return answer.GetProperty("topics").EnumerateArray().Single();
    }

    private Task<JsonElement> PublishAsync(object to, CancellationToken cancel) => PublishAsync(to, null, cancel);

    private async Task<JsonElement> PublishAsync(object to, string? key, CancellationToken cancel)
    {
        string[] headers = key is null ? [] : [$"Idempotency-Key: {key}"];
        var answer = await SendAsync(
            "POST", "/api/notifications", Tokens.Publisher(), new { to, type = "order.created", orderId = "1", data = new { secret = Secret } },
            cancel, headers);
        Assert.That(answer.Status, Is.EqualTo(202), answer.Text);
        return answer.Json;
    }

    private Task<RawAnswer> SendAsync(
        string method, string path, string token, object body, CancellationToken cancel, params string[] headers) => RawHttp.SendAsync(
        Hub, method, path, token, JsonSerializer.SerializeToUtf8Bytes(body), cancel, [.. headers, "Content-Type: application/json"]);

    private static string Escape(string name) => Uri.EscapeDataString(name);

    private static long Number(JsonElement answer, string member) => answer.GetProperty(member).GetInt64();

    private static List<(string Kind, long Sequence, long Behind)> Behind(JsonElement user) =>
    [
        .. user.GetProperty("connections")[0].GetProperty("topics").EnumerateArray()
            .Select(it => (it.GetProperty("topic").GetString()!.Split(':')[0], Number(it, "sequence"), Number(it, "behind"))),
    ];

    private static List<string> Ended(JsonElement user) =>
        [.. user.GetProperty("ended").EnumerateArray().Select(it => $"{it.GetProperty("transport")} {it.GetProperty("reason")}")];
}
