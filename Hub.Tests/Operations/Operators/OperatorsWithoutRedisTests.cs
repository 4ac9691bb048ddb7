using System.Net;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR;
using Realtime.Tests.Delivery;
using Realtime.Tests.Routing;
using Realtime.Tests.Support;

namespace Realtime.Tests.Operations.Operators;

/// <summary>The operators' hub of nodes whose Redis is unavailable: at startup, and later.</summary>
[CancelAfter(120_000)]
internal sealed class OperatorsWithoutRedisTests
{
    private static readonly string Admin = Tokens.For("boss", null, "admin");

    [Test]
    public async Task Nodes_that_start_before_their_Redis_refuse_operators_and_hear_each_other_afterwards(CancellationToken cancel)
    {
        await using var redis = await RedisServers.StartAsync("--requirepass", "sekrit");
        await redis.KillAsync();
        var settings = new Dictionary<string,
            string>
        {
            ["ConnectionStrings:Redis"] = redis.ConnectionString
                + ",password=sekrit",
            ["Logging:LogLevel:Microsoft.AspNetCore.SignalR"] = "Trace"
        };
        await using var one = await Node.StartAsync(redis, settings, awaitReady: false, cancel: cancel);
        await using var two = await Node.StartAsync(redis, settings, awaitReady: false, cancel: cancel);
        foreach (var node in (Node[])[one, two]) await RefusesAsync(node, cancel);

        await redis.StartAgainAsync();
        await using var here = await ConnectAsync(one, cancel);
        await using var there = await ConnectAsync(two, cancel);
        foreach (var client in (OperatorClient[])[here, there]) await client.SeesAsync(2, cancel);
        await here.AnnounceAsync("from one to two", cancel);
        await Eventually.True("it is told there", () => there.Announcements.Count == 1, cancel);
        foreach (var node in (Node[])[one, two])
        {
            Assert.That(node.Server.Output, Does.Contain("dbug: Microsoft.AspNetCore.SignalR"), "it did log everything");
            Assert.That(node.Server.Output, Does.Not.Contain("sekrit").And.Not.Contain("StackExchangeRedis").And.Not.Contain("fail:"));
        }
    }

    [Test]
    public async Task While_Redis_is_away_newcomers_are_refused_and_those_there_go_on_afterwards(CancellationToken cancel)
    {
        await using var redis = await RedisServers.StartAsync();
        await using var one = await Node.StartAsync(redis, cancel: cancel);
        await using var two = await Node.StartAsync(redis, cancel: cancel);
        await using var here = await ConnectAsync(one, cancel);
        await using var there = await ConnectAsync(two, cancel);
        await here.SeesAsync(2, cancel);

        await redis.KillAsync();
        await RefusesAsync(one, cancel);
        Assert.That(() => here.AnnounceAsync("to nobody", cancel),
            Throws.TypeOf<HubException>().With.Message.Contains("because Redis does not answer. Send it again"));
        await one.Server.PrintedAsync("StatisticsSender[9007]", cancel);
        here.Forget();
        there.Forget();

        await redis.StartAgainAsync();
        await one.Server.PrintedAsync("StatisticsSender[9008]", cancel);
        foreach (var client in (OperatorClient[])[here, there]) await client.SeesAsync(2, cancel);
        Assert.That(here.Departures.Concat(there.Departures), Is.Empty, "they stayed");
        await here.AnnounceAsync("to two", cancel);
        await Eventually.True("it is told there", () => there.Announcements.Count == 1, cancel);
        await using var late = await ConnectAsync(one, cancel);
        await late.SeesAsync(2, cancel);
        Assert.That(one.Server.Output, Does.Not.Contain("StackExchangeRedis").And.Not.Contain("fail:"));
    }

    [Test]
    public async Task A_Redis_that_answers_nothing_is_away_and_is_back_when_it_does(CancellationToken cancel)
    {
        Requires.Signals();
        await using var redis = await RedisServers.StartAsync();
        await using var node = await Node.StartAsync(redis, cancel: cancel);
        await using var client = await ConnectAsync(node, cancel);
        await client.SeesAsync(1, cancel);
        await redis.FreezeAsync();
        await RefusesAsync(node, cancel);
        await redis.ThawAsync();
        await using var late = await ConnectAsync(node, cancel);
        client.Forget();
        foreach (var one in (OperatorClient[])[client, late]) await one.SeesAsync(1, cancel);
    }

    private static Task RefusesAsync(Node node, CancellationToken cancel) => Eventually.True("operators are refused", async () =>
    {
        try
        {
            using var answer = await node.Server.Http.SendAsync(
                TestServer.Request(HttpMethod.Post, "/hubs/operators/negotiate?negotiateVersion=1", Admin), cancel);
            return answer.StatusCode == HttpStatusCode.ServiceUnavailable && answer.Headers.RetryAfter?.Delta is not null
                && answer.Content.Headers.ContentType?.MediaType == "application/problem+json";
        }
        catch (HttpRequestException)
        {
            return false;   // it does not listen yet
        }
    }, cancel);

    /// <summary>Connects as soon as the node admits operators.</summary>
    private static Task<OperatorClient> ConnectAsync(Node node, CancellationToken cancel) =>
        Eventually.Get("an operator gets in", async () =>
    {
        try
        {
            return await OperatorClient.ConnectAsync(node.Address, HttpTransportType.WebSockets, cancel);
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }, cancel);
}
