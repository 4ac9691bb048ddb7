using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.SignalR.Client;
using Realtime.Client;

namespace Realtime.Tests.Transports;

/// <summary>What a client makes of the answer to its negotiation.</summary>
[CancelAfter(60_000)]
internal sealed class NegotiationTests
{
    private const string Offers = """[{"transport":"LongPolling","transferFormats":["Text","Binary"]}]""";

    private LoopbackServer? _server;

    [TearDown]
    public async Task StopServer()
    {
        if (_server is not null) await _server.DisposeAsync();
        _server = null;
    }

    [TestCase("""{"connectionId":"i","connectionToken":"t","negotiateVersion":1,"availableTransports":OFFERS}""", "t", "i")]
    [TestCase("""{"connectionId":"i","connectionToken":"t","negotiateVersion":0,"availableTransports":OFFERS}""", "i", "i")]
    [TestCase("""{"connectionId":"i","availableTransports":OFFERS}""", "i", "i")]
    [TestCase("""{"future":{"a":[1]},"connectionId":"i","connectionToken":"t","negotiateVersion":1,"availableTransports":OFFERS}""", "t", "i")]
    public async Task An_answer_names_the_connection(string answer, string token, string id, CancellationToken cancel)
    {
        await using var connection = await AnsweringAsync(answer.Replace("OFFERS", Offers, StringComparison.Ordinal));
        await connection.StartAsync(cancel);
        Assert.That(connection.ConnectionId, Is.EqualTo(id));
        var poll = _server!.Requests.First(request => request.Method == "GET");
        Assert.That(poll.Query, Is.EqualTo($"?id={token}"));
    }

    [TestCase("""{"connectionToken":"t","negotiateVersion":1,"availableTransports":OFFERS}""")]
    [TestCase("""{"connectionId":"i","negotiateVersion":1,"availableTransports":OFFERS}""")]
    [TestCase("""{"connectionId":"i"}""")]
    [TestCase("""{"ProtocolVersion":"1.2","connectionId":"i"}""")]
    [TestCase("""[]""")]
    [TestCase("""{"connectionId":""")]
    [TestCase("")]
    public async Task A_wrong_answer_is_invalid_data(string answer, CancellationToken cancel)
    {
        await using var connection = await AnsweringAsync(answer.Replace("OFFERS", Offers, StringComparison.Ordinal));
        Assert.That(async () => await connection.StartAsync(cancel), Throws.TypeOf<InvalidDataException>());
    }

    [Test]
    public async Task An_error_in_the_answer_is_told(CancellationToken cancel)
    {
        await using var connection = await AnsweringAsync("""{"error":"Too many of you."}""");
        Assert.That(async () => await connection.StartAsync(cancel), Throws.InvalidOperationException.With.Message.EqualTo("Too many of you."));
    }

    [TestCase(401)]
    [TestCase(403)]
    [TestCase(404)]
    [TestCase(500)]
    public async Task A_refusal_is_told_with_its_status_and_without_the_query(int status, CancellationToken cancel)
    {
        _server = await LoopbackServer.AnsweringAsync(context =>
        {
            context.Response.StatusCode = status;
            return Task.CompletedTask;
        });
        await using var connection = Build(new Uri(_server.Address, "/hub?secret=1"));
        Assert.That(async () => await connection.StartAsync(cancel),
            Throws.TypeOf<HttpRequestException>().With.Property("StatusCode").EqualTo((System.Net.HttpStatusCode)status)
                .And.Message.Contains("/hub/negotiate").And.Message.Not.Contains("secret"));
    }

    [Test]
    public async Task The_query_of_the_address_goes_with_every_request(CancellationToken cancel)
    {
        _server = await LoopbackServer.WithHubAsync();
        await using var connection = Build(new Uri(_server.Address, "/hub?tenant=a%20b"), Transport.ServerSentEvents);
        await connection.StartAsync(cancel);
        await connection.InvokeAsync<string>("Echo", "x", cancel);
        var requests = _server.Requests;
        Assert.That(requests.Select(request => request.Query), Has.All.StartsWith("?tenant=a%20b&"));
        Assert.That(requests[0].Query, Is.EqualTo("?tenant=a%20b&negotiateVersion=1"));
        Assert.That(requests.Skip(1).Select(request => request.Query), Has.All.StartsWith("?tenant=a%20b&id="));
    }

    [Test]
    public async Task A_version_that_the_address_names_is_left_alone(CancellationToken cancel)
    {
        _server = await LoopbackServer.WithHubAsync();
        await using var connection = Build(new Uri(_server.Address, "/hub?negotiateVersion=0"));
        await connection.StartAsync(cancel);
        Assert.That(_server.Requests[0].Query, Is.EqualTo("?negotiateVersion=0"));
        Assert.That(_server.Requests[1].Query, Does.StartWith($"?negotiateVersion=0&id={connection.ConnectionId}"), "version 0: one name for both");
    }

    [TestCase(1)]
    [TestCase(100)]
    public async Task Redirects_are_followed_and_may_bring_a_token(int redirects, CancellationToken cancel)
    {
        await using var target = await LoopbackServer.WithHubAsync();
        var left = redirects;
        _server = await LoopbackServer.AnsweringAsync(context =>
        {
            var next = --left == 0 ? target.Hub : new Uri(_server!.Address, $"/hop{left}");
            return context.Response.WriteAsync($$"""{"url":"{{next}}","accessToken":"token {{left}}"}""", context.RequestAborted);
        });
        await using var connection = Build(_server.Hub, token: "the first");
        await connection.StartAsync(cancel);
        Assert.That(await connection.InvokeAsync<string>("Echo", "there", cancel), Is.EqualTo("there"));
        Assert.That(_server.Requests, Has.Count.EqualTo(redirects));
        Assert.That(_server.Requests[0]["Authorization"], Is.EqualTo("Bearer the first"));
        Assert.That(target.Requests.Select(request => request["Authorization"]), Has.All.EqualTo("Bearer token 0"));
    }

    [Test]
    public async Task Redirects_without_end_are_an_error(CancellationToken cancel)
    {
        await using var connection = await AnsweringAsync("""{"url":"http://127.0.0.1:PORT/hub"}""");
        Assert.That(async () => await connection.StartAsync(cancel), Throws.InvalidOperationException.With.Message.Contains("redirection limit"));
        Assert.That(_server!.Requests, Has.Count.EqualTo(101));
    }

    [TestCase("/relative")]
    [TestCase("ftp://x/hub")]
    public async Task A_redirect_to_nowhere_is_an_error(string url, CancellationToken cancel)
    {
        await using var connection = await AnsweringAsync($$"""{"url":"{{url}}"}""");
        Assert.That(async () => await connection.StartAsync(cancel), Throws.InvalidOperationException.With.Message.Contains("absolute"));
    }

    [Test]
    public async Task Each_start_begins_at_the_address_that_was_asked_for(CancellationToken cancel)
    {
        await using var target = await LoopbackServer.WithHubAsync();
        _server = await LoopbackServer.AnsweringAsync(context =>
            context.Response.WriteAsync($$"""{"url":"{{target.Hub}}","accessToken":"theirs"}""", context.RequestAborted));
        await using var connection = Build(_server.Hub, token: "mine");
        for (var round = 0; round < 2; round++)
        {
            await connection.StartAsync(cancel);
            await connection.StopAsync(cancel);
        }
        Assert.That(_server.Requests.Select(request => request["Authorization"]), Is.EqualTo(["Bearer mine", "Bearer mine"]));
    }

    private async Task<HubConnection> AnsweringAsync(string negotiation)
    {
        _server = await LoopbackServer.AnsweringAsync(context => AnswerAsync(context, negotiation));
        return Build(_server.Hub);
    }

    /// <summary>Just enough of a server for a handshake over long polling.</summary>
    private async Task AnswerAsync(HttpContext context, string negotiation)
    {
        if (context.Request.Path.Value!.EndsWith("/negotiate", StringComparison.Ordinal))
        {
            await context.Response.WriteAsync(negotiation.Replace("PORT", $"{_server!.Address.Port}", StringComparison.Ordinal), context.RequestAborted);
            return;
        }
        var polls = _server!.Requests.Count(request => request.Method == "GET");
        if (context.Request.Method == "GET" && polls == 2) await context.Response.WriteAsync("{}\u001e", context.RequestAborted);
        else if (context.Request.Method == "GET" && polls > 2) await LoopbackServer.UntilAborted(context);
    }

    private static HubConnection Build(Uri url, Transport transport = Transport.LongPolling, string? token = null) => new HubConnectionBuilder()
        .WithTransports(url, new() { Transports = [transport], AccessToken = token is null ? null : _ => new(token) })
        .Build();
}
