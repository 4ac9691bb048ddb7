using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Realtime.Server.Backplane.Redis;
using Realtime.Tests.Support;
using StackExchange.Redis;

namespace Realtime.Tests.Redis;

/// <summary>The connection that announcements arrive on.</summary>
[CancelAfter(60_000)]
internal sealed class AnnouncementLinkTests
{
    private static readonly RedisChannel Channel = new("hub:news:{user:Zoë}", RedisChannel.PatternMode.Literal);

    private IRedisServer _redis = null!;

    private EndPoint Server => new IPEndPoint(IPAddress.Loopback, _redis.Port);

    [OneTimeSetUp]
    public async Task StartAsync() => _redis = await RedisServers.StartAsync();

    [OneTimeTearDown]
    public async Task StopAsync() => await _redis.DisposeAsync();

    [Test]
    public async Task A_channel_left_and_joined_again_is_subscribed_to_when_that_is_confirmed()
    {
        using var link = await OpenAsync();
        for (var i = 0; i < 100; i++)
        {
            // Not awaited: its confirmation is under way while the channel is left and joined again.
            var first = link.SubscribeAsync(Channel, TimeProvider.System);
            link.Unsubscribe(Channel);
            await link.SubscribeAsync(Channel, TimeProvider.System);
            await Eventually.Ends("the first is confirmed too", first);
            Assert.That(await SayAsync("announcement"), Is.EqualTo("1"), "the number of subscribers");
            link.Unsubscribe(Channel);
        }
    }

    [Test]
    public async Task Messages_arrive_in_order_with_their_channel_and_only_those_subscribed_to()
    {
        var received = new ConcurrentQueue<(string Channel, string Payload)>();
        using var link = await OpenAsync(
            (channel, payload) => received.Enqueue((Encoding.UTF8.GetString(channel), Encoding.UTF8.GetString(payload))));
        await link.SubscribeAsync(Channel, TimeProvider.System);
        await _redis.AskAsync("PUBLISH", "hub:news:{all}", "another channel");
        string[] said = ["", "*1\r\n", new string('x', 1_000_000), .. Enumerable.Range(1, 500).Select(i => $"{i}")];
        foreach (var text in said) await SayAsync(text);
        await Eventually.True("all have arrived", () => received.Count >= said.Length);
        Assert.That(received, Is.EqualTo(said.Select(text => ((string)Channel!, text))));
    }

    [Test]
    public async Task When_it_breaks_no_subscriber_waits_for_a_confirmation()
    {
        await using var proxy = new TcpProxy(_redis.Port);
        using var link = await OpenAsync(server: new IPEndPoint(IPAddress.Loopback, proxy.Port));
        proxy.ToServer = Flow.Swallow;
        // The clock stands still, so only the break can end the wait.
        var waiting = link.SubscribeAsync(Channel, new ManualTime());
        proxy.Cut();
        await Eventually.Ends("the subscriber does not wait", waiting);
        Assert.That(link.Lost.IsCompleted);
        await Eventually.Ends("nor does a later one", link.SubscribeAsync(Channel, new ManualTime()));
    }

    [Test]
    public async Task A_subscription_without_a_confirmation_ends_the_connection()
    {
        await using var proxy = new TcpProxy(_redis.Port);
        using var link = await OpenAsync(server: new IPEndPoint(IPAddress.Loopback, proxy.Port));
        proxy.ToServer = Flow.Swallow;
        var time = new ManualTime();
        var waiting = link.SubscribeAsync(Channel, time);
        time.Advance(BackplaneLimits.Subscribe);
        await Eventually.Ends("the subscriber does not wait", waiting);
        Assert.That(await link.Lost, Does.Contain("was not confirmed within 1.5 s"));
    }

    private Task<AnnouncementLink> OpenAsync(AnnouncementLink.MessageHandler? onMessage = null, EndPoint? server = null) =>
        AnnouncementLink.OpenAsync(new() { ConnectionString = _redis.ConnectionString }, server ?? Server, onMessage ?? ((_, _) => { }));

    private async Task<string> SayAsync(string text) => (await _redis.AskAsync("PUBLISH", RedisTalk.Utf8(((string?)Channel)!), text))[0];
}
