using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.SignalR.Client;
using Realtime.Client;

namespace Realtime.Tests.Transports;

/// <summary>What every request of a connection carries.</summary>
[CancelAfter(60_000)]
[TestFixture(Transport.WebSockets)]
[TestFixture(Transport.ServerSentEvents)]
[TestFixture(Transport.LongPolling)]
internal sealed class RequestTests(Transport transport)
{
    private LoopbackServer _server = null!;

    [TearDown]
    public async Task StopServer() => await _server.DisposeAsync();

    [Test]
    public async Task The_token_and_the_librarys_headers(CancellationToken cancel)
    {
        _server = await LoopbackServer.WithHubAsync();
        await RunAsync(options => options with { AccessToken = _ => new("secret") }, cancel);
        Assert.That(_server.Requests, Has.Count.GreaterThan(1));
        foreach (var request in _server.Requests)
        {
            Assert.Multiple(() =>
            {
                Assert.That(request["Authorization"], Is.EqualTo("Bearer secret"));
                Assert.That(request["User-Agent"], Does.StartWith("Realtime-Hub-Client/"));
                Assert.That(request["X-Requested-With"], Is.EqualTo("XMLHttpRequest"));
                Assert.That(request.Query, Does.Not.Contain("secret"));
            });
        }
    }

    [Test]
    public async Task The_users_headers_replace_and_remove(CancellationToken cancel)
    {
        _server = await LoopbackServer.WithHubAsync();
        var headers = new Dictionary<string, string> { ["User-Agent"] = "", ["x-requested-with"] = "mine", ["X-Tenant"] = "7" };
        await RunAsync(options => options with { Headers = headers }, cancel);
        foreach (var request in _server.Requests)
            Assert.That((request["User-Agent"], request["X-Requested-With"], request["X-Tenant"]), Is.EqualTo(((string?)null, "mine", "7")));
    }

    [Test]
    public async Task A_cookie_that_the_negotiation_sets_comes_back(CancellationToken cancel)
    {
        _server = await LoopbackServer.WithHubAsync(before: app => app.Use((context, next) =>
        {
            if (context.Request.Path.Value!.EndsWith("/negotiate", StringComparison.Ordinal)) context.Response.Cookies.Append("node", "3");
            return next(context);
        }));
        await RunAsync(options => options, cancel);
        Assert.That(_server.Requests.Where(request => !request.IsNegotiation).Select(request => request["Cookie"]), Has.All.EqualTo("node=3"));
    }

    [Test]
    public async Task Each_connection_asks_for_a_fresh_token(CancellationToken cancel)
    {
        _server = await LoopbackServer.WithHubAsync();
        var asked = 0;
        await using var connection = Build(options => options with { AccessToken = _ => new($"{Interlocked.Increment(ref asked)}") });
        for (var round = 0; round < 2; round++)
        {
            await connection.StartAsync(cancel);
            await connection.StopAsync(cancel);
        }
        var negotiations = _server.Requests.Where(request => request.IsNegotiation).Select(request => request["Authorization"]).ToList();
        Assert.That(negotiations, Has.Count.EqualTo(2).And.Unique);
    }

    [Test]
    public async Task A_refused_token_is_replaced_once_and_not_at_the_negotiation(CancellationToken cancel)
    {
        // The first token is good for the negotiation and the start; the requests that send need the second. A WebSocket, which has none of
        // these, asks for a second one of its own accord.
        var asked = 0;
        _server = await LoopbackServer.WithHubAsync(before: app => app.Use((context, next) =>
        {
            var wanted = context.Request.Method == "POST" && !context.Request.Path.Value!.EndsWith("/negotiate", StringComparison.Ordinal) ? "Bearer 2" : null;
            if (wanted is null || context.Request.Headers.Authorization == wanted) return next(context);
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return Task.CompletedTask;
        }));
        await using var connection = Build(options => options with { AccessToken = _ => new($"{Interlocked.Increment(ref asked)}") });
        await connection.StartAsync(cancel);
        Assert.That(await connection.InvokeAsync<string>("Echo", "x", cancel), Is.EqualTo("x"));
        Assert.That(asked, Is.EqualTo(2));
    }

    [Test]
    public async Task A_token_that_stays_refused_is_asked_for_once_more_and_no_more(CancellationToken cancel)
    {
        var asked = 0;
        _server = await LoopbackServer.WithHubAsync(before: app => app.Use((context, next) =>
        {
            if (context.Request.Path.Value!.EndsWith("/negotiate", StringComparison.Ordinal)) return next(context);
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return Task.CompletedTask;
        }));
        await using var connection = Build(options => options with { AccessToken = _ => new($"{Interlocked.Increment(ref asked)}") });
        Assert.That(async () => await connection.StartAsync(cancel), Throws.TypeOf<AggregateException>().With.Message.Contains("401"));
        Assert.That(asked, Is.EqualTo(2));
    }

    [Test]
    public async Task A_refused_negotiation_is_not_tried_with_another_token(CancellationToken cancel)
    {
        var asked = 0;
        _server = await LoopbackServer.AnsweringAsync(context =>
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return Task.CompletedTask;
        });
        await using var connection = Build(options => options with { AccessToken = _ => new($"{Interlocked.Increment(ref asked)}") });
        Assert.That(async () => await connection.StartAsync(cancel), Throws.TypeOf<HttpRequestException>());
        Assert.That((asked, _server.Requests.Count), Is.EqualTo((1, 1)), "it was asked for just now");
    }

    private async Task RunAsync(Func<TransportOptions, TransportOptions> change, CancellationToken cancel)
    {
        await using var connection = Build(change);
        await connection.StartAsync(cancel);
        Assert.That(await connection.InvokeAsync<string>("Echo", "x", cancel), Is.EqualTo("x"));
    }

    private HubConnection Build(Func<TransportOptions, TransportOptions> change) =>
        new HubConnectionBuilder().WithTransports(_server.Hub, change(new TransportOptions { Transports = [transport] })).Build();
}
