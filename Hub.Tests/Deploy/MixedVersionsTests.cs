using System.Net.Http.Json;
using System.Text.Json;
using Realtime.Client;
using Realtime.Tests.Delivery;
using Realtime.Tests.Routing;
using Realtime.Tests.Support;

namespace Realtime.Tests.Deploy;

/// <summary>Nodes of the first version and of this one behind one balancer, because an upgrade proceeds node by node.</summary>
[CancelAfter(180_000)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Parallelizable(ParallelScope.Children)]
internal sealed class MixedVersionsTests : IAsyncDisposable
{
    private static string _first = null!;

    private readonly AsyncDisposables _started = new();
    private Node[] _nodes = null!;
    private Balancer _balancer = null!;

    [OneTimeSetUp]
    public static async Task BuildAsync() => _first = await FirstVersion.BuildAsync();

    [SetUp]
    public async Task StartAsync()
    {
        var redis = _started.Add(await RedisServers.StartAsync());
        _nodes = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Node.StartAsync(redis, assembly: _first)));
        foreach (var node in _nodes) _started.Add(node);
        _balancer = _started.Add(await Balancer.StartNginxAsync([.. _nodes.Select(node => node.Server.Port)]));
    }

    public ValueTask DisposeAsync() => _started.DisposeAsync();

    [Test]
    public async Task An_upgrade_under_load_and_a_step_back_lose_nothing(CancellationToken cancel)
    {
        await using var load = await SteadyLoad.StartAsync(_balancer.Address, cancel);
        foreach (var node in _nodes)
        {
            await UpgradeAsync(node, cancel);
            // Each transport meets all pairs of versions, because the balancer spreads requests in turn.
            await load.GoesOnAsync(100, cancel);
        }
        await RestartAsync(_nodes[0], _first, cancel);
        await load.GoesOnAsync(100, cancel);
        await load.EndsCompletelyAsync(cancel, holes: true);
    }

    [Test]
    public async Task Long_polls_go_through_both_versions_to_either(CancellationToken cancel)
    {
        await UpgradeAsync(_nodes[0], cancel);
        foreach (var owner in _nodes[..2])
        {
            var connection = await RawConnection.NegotiateAsync(owner.Address, Tokens.For("alice"), cancel);
            Assert.That(await connection.PollAsync(owner.Address, cancel), Is.EqualTo((200, "")));
            await connection.PostAsync(owner.Address, RawConnection.Handshake, cancel);
            Assert.That(await connection.PollAsync(_nodes[2].Address, cancel), Is.EqualTo((200, RawConnection.Agreed)));
            for (var n = 1; n <= 12; n++)
            {
                await connection.PostAsync(owner.Address, $$"""{"type":1,"invocationId":"{{n}}","target":"Unread","arguments":[]}"""
                    + "\u001e", cancel);
                Assert.That(
                    await connection.PollAsync(_nodes[n % 3].Address, cancel),
                    Is.EqualTo((200, $$"""{"type":3,"invocationId":"{{n}}","result":0}""" + "\u001e")), $"{n}");
            }
        }
    }

    [Test]
    public async Task What_one_version_writes_the_other_reads(CancellationToken cancel)
    {
        await UpgradeAsync(_nodes[0], cancel);
        Node[] pair = [_nodes[0], _nodes[1]];
        foreach (var (from, to) in new[] { (pair[0], pair[1]), (pair[1], pair[0]) })
        {
            var user = $"user-{from.Server.Port}";
            var first = await PublishAsync(from, user, "key", cancel);
            var repeat = await PublishAsync(to, user, "key", cancel);
            Assert.That(repeat.GetProperty("duplicate").GetBoolean(), "the key counts at the other version");
            Assert.That(repeat.GetProperty("id").GetString(), Is.EqualTo(first.GetProperty("id").GetString()));
            await PublishAsync(to, user, "other", cancel);

            await using var reader = await EventStreamReceiver.ConnectAsync(from.Address, Tokens.For(user), "earliest", cancel);
            Assert.That((await reader.NextAsync(cancel))!.Value.IsPosition());
            var item = (await reader.NextAsync(cancel))!.Value;
            await using var resumed = await HubReceiver.ConnectAsync(to.Address, Tokens.For(user), Transport.WebSockets, cancel);
            await resumed.SubscribeAsync(item.Cursor(), cancel);
            Assert.That((await resumed.NextAsync(cancel))!.Value.IsPosition());
            Assert.That((await resumed.NextAsync(cancel))!.Value.GetProperty("sequence")
                .GetInt64(), Is.EqualTo(2), "the cursor counts at the other version");

            // Announcements cross in both directions.
            await PublishAsync(to, user, "third", cancel);
            await PublishAsync(from, user, "fourth", cancel);
            Assert.That(await SequencesAsync(reader, 3, cancel), Is.EqualTo(new long[] { 2, 3, 4 }));
            Assert.That(await SequencesAsync(resumed, 2, cancel), Is.EqualTo(new long[] { 3, 4 }));
        }
    }

    private static Task UpgradeAsync(Node node, CancellationToken cancel) =>
        RestartAsync(node, Repository.BuildOutputOf("Hub.Server"), cancel);

    private static async Task RestartAsync(Node node, string assembly, CancellationToken cancel)
    {
        await node.Server.StopAsync();
        await node.Server.StartAgainAsync(assembly, cancel);
    }

    private static async Task<long[]> SequencesAsync(IReceiver reader, int count, CancellationToken cancel)
    {
        var sequences = new long[count];
        for (var i = 0; i < count; i++) sequences[i] = (await reader.NextAsync(cancel))!.Value.GetProperty("sequence").GetInt64();
        return sequences;
    }

    private static async Task<JsonElement> PublishAsync(Node node, string user, string key, CancellationToken cancel)
    {
        using var request = TestServer.Request(HttpMethod.Post, "/api/notifications", Tokens.Publisher());
        request.Headers.Add("Idempotency-Key", $"{user}-{key}");
        request.Content = JsonContent.Create(new { to = new { users = new[] { user } }, type = "order.created", orderId = key });
        using var answer = await node.Server.Http.SendAsync(request, cancel);
        Assert.That((int)answer.StatusCode, Is.EqualTo(202), await answer.Content.ReadAsStringAsync(cancel));
        return await answer.Content.ReadFromJsonAsync<JsonElement>(cancel);
    }
}
