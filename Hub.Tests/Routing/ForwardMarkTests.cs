using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Realtime.Server.Feed;
using Realtime.Server.Feed.Closings;
using Realtime.Server.Node;
using Realtime.Server.Routing;
using Realtime.Server.Routing.Forwarding;
using Realtime.Server.Routing.Nodes;
using Realtime.Server.Routing.Polls;
using Realtime.Server.Routing.Questions;
using Realtime.Server.Routing.Refreshes;
using Realtime.Server.Security.Revocations;
using Realtime.Tests.Support;

namespace Realtime.Tests.Routing;

/// <summary>When an owner accepts that a request comes from another node.</summary>
[CancelAfter(30_000)]
internal sealed class ForwardMarkTests
{
    private const string Caller = "203.0.113.9", Scheme = "https", Path = "/hubs/orders", Connection = "a.b";

    private static readonly byte[] Key = [.. Enumerable.Repeat((byte)7, 64)];

    private readonly ManualTime _time = new();
    private WebApplication _owner = null!;

    private string Id => _owner.Services.GetRequiredService<ThisNode>().Id;

    private Uri Address => new(_owner.Urls.Single());

    // By Redis's clock, which is an hour ahead of this machine's.
    private DateTimeOffset Now => _time.GetUtcNow() + TimeSpan.FromHours(1);

    [SetUp]
    public async Task StartAsync()
    {
        var builder = WebApplication.CreateBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<TimeProvider>(_time).AddSingleton<NodeDirectory>().AddSingleton<ThisNode>()
            .AddSingleton<ProofEndpoint>().AddSingleton<QuestionEndpoint>()
            .AddSingleton<ReceivedConfirmations>().AddSingleton<PollAnswers>().AddSingleton<ConnectionOwners>()
            .AddSingleton<RoutingOptions>().AddSingleton<HubCounters>()
            .AddSingleton<FeedOptions>().AddSingleton<RevokedUsers>().AddSingleton<LastClosings>().AddSingleton<UserConnections>()
            .AddSingleton<HubConnections>()
            .AddSingleton(new OtherNodes(MayExist: true)).AddSingleton<IOpenedConnections, NoOtherNodes>();
        _owner = builder.Build();
        _owner.UseForwardMarks();
        _owner.Run(context => context.Response.WriteAsync(
            $"{context.Features.Get<ForwardedRequest>()?.Poll ?? "nobody"} {context.Connection.RemoteIpAddress}"));
        await _owner.StartAsync();
        var list = new NodeList(Key, new Dictionary<string, ListedNode>(), NodeVersions.Current, Now);
        await _owner.Services.GetRequiredService<NodeDirectory>().UpdateAsync(() => Task.FromResult(list));
    }

    [TearDown]
    public async Task StopAsync() => await _owner.DisposeAsync();

    [TestCase(0)]
    [TestCase(-30)]
    [TestCase(30)]
    public async Task A_mark_of_now_counts_by_the_clock_that_all_share(int seconds)
    {
        _time.Advance(TimeSpan.FromHours(5));
        Assert.That(await AskAsync(Mark(Now.AddSeconds(seconds))), Is.EqualTo($"p.1 {Caller}"));
    }

    [TestCase(-31)]
    [TestCase(31)]
    [TestCase(-3_600)]
    public async Task A_mark_of_another_time_does_not(int seconds) =>
        Assert.That(await AskAsync(Mark(Now.AddSeconds(seconds))), Does.StartWith("nobody "));

    [Test]
    public async Task A_mark_covers_everything_that_is_said(CancellationToken cancel)
    {
        string[] others =
        [
            Mark(Now, owner: NodeId.New()), Mark(Now, method: "POST"), Mark(Now, path: "/hubs/operators"), Mark(Now, id: "a.c"),
                Mark(Now, caller: "203.0.113.8"),
            Mark(Now, scheme: "http"), Mark(Now, host: "shop.example"), Mark(Now, poll: "p.2"), Mark(Now, poll: ""),
                Mark(Now, key: new byte[64]),
            // The same time, written for another one's signature.
            Now.AddSeconds(1).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)
                + Mark(Now)[Mark(Now).IndexOf('.', StringComparison.Ordinal)..],
            "", ".", "1.", Mark(Now)[1..], Mark(Now) + "A",
        ];
        foreach (var other in others) Assert.That(await AskAsync(other), Does.StartWith("nobody "), other);
        Assert.That(await AskAsync(Mark(Now)), Is.EqualTo($"p.1 {Caller}"));
    }

    [Test]
    public async Task A_part_does_not_pass_for_its_neighbour()
    {
        // Both texts read the same but for the lengths.
        var shifted = Mark(Now, id: $"{Connection} {Caller.Length}:{Caller}", caller: "");
        Assert.That(await AskAsync(shifted), Does.StartWith("nobody "));
    }

    [Test]
    public async Task A_mark_of_a_node_of_an_earlier_version_counts() =>
        Assert.That(
            await AskAsync(ForwardMark.Make(Key, "GET", Connection, Caller, Scheme, Address.Authority, "p.1")),
            Is.EqualTo($"p.1 {Caller}"));

    private string Mark(
        DateTimeOffset now, string? owner = null, string method = "GET", string path = Path, string id = Connection, string caller = Caller,
        string scheme = Scheme, string? host = null, string poll = "p.1", byte[]? key = null) =>
        ForwardMark.Make(key ?? Key, owner ?? Id, now, method, path, id, caller, scheme, host ?? Address.Authority, poll);

    private async Task<string> AskAsync(string mark)
    {
        string[] headers = [$"{ForwardHeaders.Mark}: {mark}", $"{ForwardHeaders.For}: {Caller}", $"{ForwardHeaders.Proto}: {Scheme}",
            $"{ForwardHeaders.Poll}: p.1"];
        var answer = await RawHttp.SendAsync(
            Address, "GET", $"{Path}?id={Connection}", null, null, TestContext.CurrentContext.CancellationToken, headers);
        Assert.That(answer.Status, Is.EqualTo(200));
        return answer.Text;
    }
}
