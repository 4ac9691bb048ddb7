using Realtime.Tests.Support;

namespace Realtime.Tests.Routing;

/// <summary>
/// Three nodes after an nginx that strips a path and names it in <c>X-Forwarded-Prefix</c>, as Traefik and YARP do by themselves.
/// </summary>
[CancelAfter(90_000)]
internal sealed class BelowAPathTests
{
    /// <summary>Each request goes to the next of three nodes: every pair of nodes is met.</summary>
    private const int Rounds = 9;

    private readonly AsyncDisposables _started = new();
    private Balancer _balancer = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        var redis = _started.Add(await RedisServers.StartAsync());
        var nodes = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Node.StartAsync(redis)));
        foreach (var node in nodes) _started.Add(node);
        _balancer = _started.Add(await Balancer.StartNginxAsync([.. nodes.Select(node => node.Server.Port)], prefix: "/shop"));
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await _started.DisposeAsync();

    [TestCase("/shop/hubs/orders")]
    [TestCase("/shop/hubs/operators")]
    public async Task Long_polls_and_event_streams_reach_their_hub_on_any_node(string hub)
    {
        var cancel = TestContext.CurrentContext.CancellationToken;
        for (var round = 0; round < Rounds; round++)
        {
            var polling = await NegotiateAsync();
            Assert.That(await polling.PollAsync(_balancer.Address, cancel), Is.EqualTo((200, "")));
            Assert.That(await polling.PostAsync(_balancer.Address, RawConnection.Handshake, cancel), Is.EqualTo((200, "")));
            Assert.That((await polling.PollAsync(_balancer.Address, cancel)).Body, Does.StartWith(RawConnection.Agreed));
            Assert.That((await polling.DeleteAsync(_balancer.Address, cancel)).Status, Is.EqualTo(202));

            var streaming = await NegotiateAsync();
            using var stream = await streaming.OpenStreamAsync(_balancer.Address, cancel);
            Assert.That(await streaming.PostAsync(_balancer.Address, RawConnection.Handshake, cancel), Is.EqualTo((200, "")));
            Assert.That(await RawConnection.ReadEventAsync(stream, cancel), Does.StartWith(RawConnection.Agreed));
        }

        Task<RawConnection> NegotiateAsync() =>
            RawConnection.NegotiateAsync(_balancer.Address, Tokens.For("operator", null, "admin"), cancel, hub);
    }
}
