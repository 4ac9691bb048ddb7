using System.Text;
using System.Text.Json;
using Realtime.Server.Log;
using Realtime.Server.Publishing;
using Realtime.Tests.Support;

namespace Realtime.Tests.Publishing;

/// <summary><c>Hub:Limits:PublishBytes</c>: targets × size of what is under way.</summary>
[CancelAfter(30_000)]
internal sealed class PublishRoomTests
{
    private const int Limit = 1024 * 1024, Small = Limit / 1024;

    private PublishRoom _room = null!;

    [SetUp]
    public void Begin() => _room = new(new PublishOptions { PublishBytes = Limit });

    [Test]
    public void What_is_under_way_is_bounded()
    {
        Assert.That(_room.TryTake(Limit - 2_000), Is.True);
        Assert.That(_room.TryTake(2_001), Is.False);
        Assert.That(_room.TryTake(2_000), Is.True);
        _room.GiveBack(Limit - 2_000);
        Assert.That(_room.TryTake(2_001), Is.True);
    }

    [Test]
    public void One_larger_publish_is_admitted_alone()
    {
        Assert.That(_room.TryTake(Limit * 3L), Is.True);
        Assert.That(_room.TryTake(Small + 1), Is.False);
        _room.GiveBack(Limit * 3L);
        Assert.That(_room.TryTake(Small + 1), Is.True);
        Assert.That(_room.TryTake(Limit * 3L), Is.False);
    }

    [Test]
    public void Ordinary_publishes_go_on_beside_it_and_are_bounded_too()
    {
        Assert.That(_room.TryTake(Limit * 3L), Is.True);
        for (var n = 0; n < Limit / Small; n++) Assert.That(_room.TryTake(Small), Is.True);
        Assert.That(_room.TryTake(1), Is.False);
    }

    [Test]
    public async Task A_batch_waits_in_turn_and_not_for_ever(CancellationToken cancel)
    {
        var (time, patience) = (new ManualTime(), TimeSpan.FromSeconds(10));
        Task<bool> Wait(long bytes) => _room.TakeAsync(bytes, patience, time, cancel).AsTask();
        Assert.That(_room.TryTake(Limit), Is.True);
        var (first, second) = (Wait(Limit), Wait(Limit));
        Assert.That(_room.TryTake(Small + 1), Is.False, "others do not overtake");
        _room.GiveBack(Limit);
        Assert.That((await first, second.IsCompleted), Is.EqualTo((true, false)));
        time.Advance(patience);
        Assert.That(await second, Is.False);
        _room.GiveBack(Limit);
        Assert.That(_room.TryTake(Limit), Is.True, "who gave up has taken nothing");
    }

    [Test]
    public void The_default_is_64_MiB() => Assert.That(new PublishOptions().PublishBytes, Is.EqualTo(64 * 1024 * 1024));

    [Test]
    public async Task A_publish_without_room_is_a_503_and_stores_nothing_and_a_batch_waits(CancellationToken cancel)
    {
        await using var host = await PublishingHost.StartAsync(new() { ["Hub:Limits:PublishBytes"] = $"{Limit}" });
        var mayGoOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        host.Log.Before = draft => draft.Topics.Count > 1 ? mayGoOn.Task : Task.CompletedTask;
        var wide = WideBody("wide");
        var first = PublishAsync("/api/notifications", wide, "application/json");
        await Eventually.True("it is under way", () => host.Log.Begun == 1, cancel);

        var refused = await PublishAsync("/api/notifications", wide, "application/json");
        refused.IsProblem(503);
        Assert.That(host.Log.Begun, Is.EqualTo(1), "nothing was stored");
        var small = """{"to":{"users":["u"]},"type":"t","orderId":"o"}""";
        Assert.That((await PublishAsync("/api/notifications", small, "application/json")).Status, Is.EqualTo(202));

        var batch = PublishAsync("/api/notifications/batch", $"{small}\n{wide}\n{wide}\n", "application/x-ndjson");
        await Eventually.True("its first line is stored", () => host.Log.Begun == 3, cancel);
        mayGoOn.SetResult();
        Assert.That((await first).Status, Is.EqualTo(202));
        var lines = (await batch).Text.TrimEnd('\n').Split('\n').Select(line => JsonSerializer.Deserialize<JsonElement>(line));
        Assert.That(
            lines.Select(line => line.TryGetProperty("status", out var status) ? status.GetInt32() : 202), Is.EqualTo([202, 202, 202]));
        host.Log.Before = _ => throw new LogUnavailableException("away");
        for (var n = 0; n < 3; n++) (await PublishAsync("/api/notifications", wide, "application/json")).IsProblem(503);
        host.Log.Before = null;
        Assert.That((await PublishAsync("/api/notifications", wide, "application/json")).Status, Is.EqualTo(202),
            "what failed has given its room back");

        Task<RawAnswer> PublishAsync(string target, string body, string type) =>
            RawHttp.SendAsync(
                host.Address, "POST", target, Tokens.Publisher(), Encoding.UTF8.GetBytes(body), cancel, $"Content-Type: {type}");
    }

    // Two of them are more than the limit.
    private static string WideBody(string orderId)
    {
        var (users, data) = (string.Join(',', Enumerable.Range(0, 20).Select(n => $"\"w{n}\"")), new string('x', 40_000));
        return $$"""{"to":{"users":[{{users}}]},"type":"t","orderId":"{{orderId}}","data":"{{data}}"}""";
    }
}
