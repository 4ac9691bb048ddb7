using Microsoft.AspNetCore.Http.Connections;
using Realtime.Tests.Delivery;
using Realtime.Tests.Operations.Operators;
using Realtime.Tests.Routing;
using Realtime.Tests.Support;

namespace Realtime.Tests.Redis;

/// <summary>
/// The network between a node and Redis drops all packets for a while. TCP by itself repeats what is unacknowledged at intervals that
/// double, so that a connection carries again up to twice as late as the network.
/// </summary>
[CancelAfter(180_000)]
internal sealed class DroppedPacketsTests
{
    /// <summary>The promise: publishing works again this soon after the network does.</summary>
    private static readonly TimeSpan Promise = TimeSpan.FromSeconds(5);

    private static readonly object Ann = new { users = new[] { "ann" } };

    // After 14 s, TCP by itself would try again 25 s after the beginning.
    [TestCase(14)]
    [TestCase(30, Category = "Campaign")]
    [TestCase(60, Category = "Campaign")]
    public async Task Publishing_works_again_soon_after_the_network_and_operators_see_the_node(int seconds, CancellationToken cancel)
    {
        if (seconds > 20) Requires.Campaigns();
        Requires.Linux();
        await using var redis = await RedisServers.StartAsync();
        await using var network = new TcpProxy(redis.Port);
        await using var behind = await Node.StartAsync(
            redis, new Dictionary<string, string> { ["ConnectionStrings:Redis"] = $"127.0.0.1:{network.Port}" }, cancel: cancel);
        await using var beside = await Node.StartAsync(redis, cancel: cancel);
        await using var near = await OperatorClient.ConnectAsync(behind.Address, HttpTransportType.WebSockets, cancel);
        await using var far = await OperatorClient.ConnectAsync(beside.Address, HttpTransportType.WebSockets, cancel);
        foreach (var one in (OperatorClient[])[near, far]) await one.SeesAsync(2, cancel);
        await behind.Server.PublishAsync("ann", "before", cancel);

        network.LosePackets();
        var began = TimeProvider.System.GetTimestamp();
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        var refused = 0;
        while (TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(seconds))
        {
            if (await PublishAsync() == 503) refused++;
            await pace.WaitForNextTickAsync(cancel);
        }
        Assert.That(refused, Is.Positive, "the network is up");

        network.DeliverPackets();
        var mended = TimeProvider.System.GetTimestamp();
        await Eventually.True("a publish is confirmed", async () => await PublishAsync() == 202, TimeSpan.FromSeconds(60), cancel);
        var late = TimeProvider.System.GetElapsedTime(mended);
        await TestContext.Out.WriteLineAsync($"{refused} refused in {seconds} s; back after {late.TotalSeconds:F1} s");
        Assert.That(late, Is.LessThan(Promise));

        foreach (var one in (OperatorClient[])[near, far]) one.Forget();
        foreach (var one in (OperatorClient[])[near, far]) await one.SeesAsync(2, cancel);
        await near.AnnounceAsync("mended", cancel);
        await Eventually.True("it reaches the other node", () => far.Announcements.Count > 0, cancel);

        async Task<int> PublishAsync()
        {
            using var answer = await behind.Server.TryPublishAsync(Ann, "during", cancel);
            return (int)answer.StatusCode;
        }
    }
}
