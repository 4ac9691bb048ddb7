using System.Text;
using System.Text.Json;
using Realtime.Server.Log;
using Realtime.Server.Notifications;
using Realtime.Tests.Support;

namespace Realtime.Tests.Publishing;

/// <summary>The responses that publishers get when the store fails, for faults that a disk does not show on demand.</summary>
[CancelAfter(30_000)]
internal sealed class StoreAnswerTests
{
    private const string Body = """{"to":{"users":["u"]},"type":"t","orderId":"o"}""";

    private PublishingHost _host = null!;

    [OneTimeSetUp]
    public async Task StartHostAsync() => _host = await PublishingHost.StartAsync();

    [OneTimeTearDown]
    public async Task StopHostAsync() => await _host.DisposeAsync();

    [TearDown]
    public void HealStore() => _host.Log.Before = null;

    private Task<RawAnswer> PublishAsync(string target, string body, string type, CancellationToken cancel) =>
        RawHttp.SendAsync(_host.Address, "POST", target, Tokens.Publisher(), Encoding.UTF8.GetBytes(body), cancel, $"Content-Type: {type}");

    [Test]
    public async Task A_store_that_cannot_confirm_is_a_503_that_says_what_to_do(CancellationToken cancel)
    {
        _host.Log.Before = _ => throw new LogUnavailableException("secret path /srv/private");
        var answer = await PublishAsync("/api/notifications", Body, "application/json", cancel);
        answer.IsProblem(503);
        Assert.That(answer.Json.GetProperty("detail").GetString(), Does.Contain("same key"));
        Assert.That(answer.Text, Does.Not.Contain("secret"));
    }

    [Test]
    public async Task What_nobody_foresaw_is_a_500_that_gives_nothing_away(CancellationToken cancel)
    {
        _host.Log.Before = _ => Task.FromException(new InvalidOperationException("secret path /srv/private"));
        var answer = await PublishAsync("/api/notifications", Body, "application/json", cancel);
        answer.IsProblem(500);
        Assert.That(answer.Text, Does.Not.Contain("secret"));
        (await RawHttp.SendAsync(_host.Address, "GET", "/fails", null, null, cancel)).IsProblem(500);
    }

    [Test]
    public async Task In_a_batch_only_the_lines_that_it_hits_are_answered_so(CancellationToken cancel)
    {
        var begun = 0;
        _host.Log.Before = _ => ++begun % 2 == 0 ? Task.FromException(new LogUnavailableException("away")) : Task.CompletedTask;
        var answer = await PublishAsync(
            "/api/notifications/batch", string.Join('\n', Enumerable.Repeat(Body, 6)), "application/x-ndjson", cancel);
        var lines = answer.Text.TrimEnd('\n').Split('\n').Select(line => JsonSerializer.Deserialize<JsonElement>(line));
        Assert.That(lines.Select(line => line.TryGetProperty("status", out var status) ? status.GetInt32() : 202),
            Is.EqualTo([202, 503, 202, 503, 202, 503]));
    }

    [Test]
    public async Task A_publisher_that_leaves_does_not_leave_half_a_publish_behind(CancellationToken cancel)
    {
        var (begun, mayGoOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        _host.Log.Before = _ =>
        {
            begun.TrySetResult();
            return mayGoOn.Task;
        };
        using (var client = await _host.ConnectAsync(cancel))
        {
            var body = Body.Replace("\"u\"", "\"left\"", StringComparison.Ordinal);
            await client.GetStream()
                .WriteAsync(
                    RawHttp.Compose(_host.Address, "POST", "/api/notifications", Tokens.Publisher(), Encoding.UTF8.GetBytes(body),
                        "Content-Type: application/json"), cancel);
            await begun.Task.WaitAsync(cancel);
        }
        mayGoOn.SetResult();
        await Eventually.True("it is stored", () => _host.Log[Topic.User("left")].Count == 1, cancel);
    }
}
