using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Realtime.Server.Backplane.Redis;
using Realtime.Server.Redis;
using Realtime.Tests.Support;
using StackExchange.Redis;

namespace Realtime.Tests.Redis;

/// <summary>The link that announcements come over.</summary>
[CancelAfter(60_000)]
internal sealed class NewsLinkTests
{
    private static readonly RedisChannel Channel = new("hub:news:{user:Zoë}", RedisChannel.PatternMode.Literal);

    private RedisProcess _redis = null!;

    private EndPoint Server => new IPEndPoint(IPAddress.Loopback, _redis.Port);

    [OneTimeSetUp]
    public async Task StartAsync() => _redis = await RedisProcess.StartAsync();

    [OneTimeTearDown]
    public async Task StopAsync() => await _redis.DisposeAsync();

    [Test]
    public async Task Whoever_comes_and_goes_and_comes_is_subscribed_when_it_is_confirmed()
    {
        using var link = await NewsLink.OpenAsync(_redis.ConnectionString, Server);
        for (var i = 0; i < 100; i++)
        {
            // Not awaited: its confirmation is under way while the channel is left and joined again.
            var first = link.SubscribeAsync(Channel, _ => { }, TimeProvider.System);
            link.Unsubscribe(Channel);
            await link.SubscribeAsync(Channel, _ => { }, TimeProvider.System);
            await Eventually.Ends("the first is confirmed too", first);
            Assert.That(await SayAsync("news"), Is.EqualTo("1"), "so many listen");
            link.Unsubscribe(Channel);
        }
    }

    [Test]
    public async Task It_hears_in_order_and_only_what_it_has_subscribed_to()
    {
        using var link = await NewsLink.OpenAsync(_redis.ConnectionString, Server);
        var heard = new ConcurrentQueue<string>();
        await link.SubscribeAsync(Channel, payload => heard.Enqueue(Encoding.UTF8.GetString(payload)), TimeProvider.System);
        await link.SubscribeAsync(new RedisChannel("hub:news:all", RedisChannel.PatternMode.Literal), _ => heard.Enqueue("another channel"), TimeProvider.System);
        string[] said = ["", "*1\r\n", new string('x', 1_000_000), .. Enumerable.Range(1, 500).Select(i => $"{i}")];
        foreach (var text in said) await SayAsync(text);
        await Eventually.True("all has come", () => heard.Count >= said.Length);
        Assert.That(heard, Is.EqualTo(said));
    }

    [Test]
    public async Task When_it_breaks_nobody_waits_for_a_confirmation()
    {
        await using var proxy = new TcpProxy(_redis.Port);
        using var link = await NewsLink.OpenAsync(_redis.ConnectionString, new IPEndPoint(IPAddress.Loopback, proxy.Port));
        proxy.ToServer = Flow.Swallow;
        // A clock that stands still: nothing but the break ends the wait.
        var waiting = link.SubscribeAsync(Channel, _ => { }, new ManualTime());
        proxy.Cut();
        await Eventually.Ends("it does not wait", waiting);
        Assert.That(link.Lost.IsCompleted);
        await Eventually.Ends("nor does who comes later", link.SubscribeAsync(Channel, _ => { }, new ManualTime()));
    }

    [Test]
    public async Task A_server_that_refuses_the_password_is_named()
    {
        await using var guarded = await RedisProcess.StartAsync("--requirepass", "sekrit");
        var server = new IPEndPoint(IPAddress.Loopback, guarded.Port);
        using var link = await NewsLink.OpenAsync(guarded.ConnectionString + ",password=sekrit", server);
        Assert.That(
            () => NewsLink.OpenAsync(guarded.ConnectionString + ",password=another", server),
            Throws.TypeOf<RedisUnavailableException>().With.Message.Contains($"{guarded.Port}").And.Message.Not.Contains("another"));
    }

    private async Task<string> SayAsync(string text) => (await _redis.AskAsync("PUBLISH", RedisTalk.Utf8(((string?)Channel)!), text))[0];
}
