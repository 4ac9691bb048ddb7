using System.Net;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR.Client;
using Realtime.Client;
using Realtime.Server.Feed;
using Realtime.Server.Http;
using Realtime.Tests.Delivery;
using Realtime.Tests.Support;

namespace Realtime.Tests.Routing;

/// <summary>The shipped proxy files forward every request that a node accepts.</summary>
internal abstract partial class BalancedTests
{
    private static readonly HttpClient Plain = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false });

    [TestCase("1.1", true)]
    [TestCase("1.1", false)]
    [TestCase("2.0", true)]
    [TestCase("2.0", false)]
    public async Task A_reader_of_a_hundred_groups_resumes_with_the_longest_token(string version, bool isInQuery)
    {
        var cancel = TestContext.CurrentContext.CancellationToken;
        var reader = new LongestRequest();
        var token = reader.TokenOf(WebLimits.TokenLength);
        // One for each node.
        for (var round = 0; round < 3; round++)
        {
            string cursor;
            using (var first = await StreamAsync(version, token, isInQuery, "latest", cancel))
                cursor = (await ItemsAsync(first, cancel).FirstAsync(cancel)).Cursor();
            await PublishToAsync(reader.Groups[^1], $"order {round}", cancel);
            using var again = await StreamAsync(version, token, isInQuery, cursor, cancel);
            var item = await ItemsAsync(again, cancel).Skip(1).FirstAsync(cancel);
            Assert.That(item.GetProperty("orderId").GetString(), Is.EqualTo($"order {round}"));
        }
    }

    [TestCase(Transport.WebSockets, true)]
    [TestCase(Transport.WebSockets, false)]
    [TestCase(Transport.ServerSentEvents, true)]
    [TestCase(Transport.LongPolling, true)]
    [TestCase(Transport.LongPolling, false)]
    public async Task A_hub_connection_of_a_hundred_groups_works_with_the_longest_token(Transport transport, bool isInQuery)
    {
        var cancel = TestContext.CurrentContext.CancellationToken;
        var reader = new LongestRequest();
        var token = reader.TokenOf(WebLimits.TokenLength);
        var address = new Uri(_balancer.Address, "/hubs/orders" + (isInQuery ? $"?access_token={token}" : ""));
        await using var connection = new HubConnectionBuilder()
            .WithUrl(address, Enum.Parse<HttpTransportType>(transport.ToString()), http => http.AccessTokenProvider = isInQuery
                ? null
                : () => Task.FromResult<string?>(token))
            .Build();
        await connection.StartAsync(cancel);
        var items = await connection.StreamAsChannelAsync<JsonElement>("Subscribe", "latest", cancel);
        Assert.That((await items.ReadAsync(cancel)).IsPosition());
        await PublishToAsync(reader.Groups[0], "order", cancel);
        var item = await items.ReadAsync(cancel);
        Assert.That(item.GetProperty("orderId").GetString(), Is.EqualTo("order"));
        Assert.That(await connection.InvokeAsync<JsonElement>("Acknowledge", item.Cursor(), cancel), Is.Not.EqualTo(default(JsonElement)));
    }

    [TestCase("1.1")]
    [TestCase("2.0")]
    public async Task A_head_of_the_promised_size_and_count_passes(string version)
    {
        var cancel = TestContext.CurrentContext.CancellationToken;
        // About 100 bytes remain for a method, a host, and the names of the headers.
        var line = "/health/live?" + new string('x', WebLimits.HeadBytes - 200);
        for (var round = 0; round < 3; round++)
            Assert.That(await StatusAsync(line, [], version, cancel), Is.EqualTo(HttpStatusCode.OK), "request line");
        var many = Enumerable.Range(1, WebLimits.Headers - 2)
            .Select(n => ($"X-{n}", new string('y', (WebLimits.HeadBytes - 2_000) / WebLimits.Headers))).ToArray();
        for (var round = 0; round < 3; round++)
            Assert.That(await StatusAsync("/health/live", many, version, cancel), Is.EqualTo(HttpStatusCode.OK), "headers");
    }

    [Test]
    public async Task A_session_of_the_largest_size_begins_and_reads(CancellationToken cancel)
    {
        // Just fits into a cookie.
        var token = Tokens.For("reader", [.. Enumerable.Range(0, 20).Select(n => $"{n:D2}-{new string('g', 125)}")]);
        using var begin = new HttpRequestMessage(
            HttpMethod.Post, new Uri(_balancer.Address, "/api/session"))
        { Headers = { Authorization = new("Bearer", token) } };
        using var begun = await Plain.SendAsync(begin, cancel);
        Assert.That(begun.StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        var cookie = begun.Headers.GetValues("Set-Cookie").Single();
        Assert.That(cookie, Has.Length.GreaterThan(3_500));
        using var read = new HttpRequestMessage(
            HttpMethod.Get, new Uri(_balancer.Address, "/api/notifications"))
        { Headers = { { "Cookie", cookie.Split(';')[0] } } };
        using var page = await Plain.SendAsync(read, cancel);
        Assert.That(page.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task Two_hundred_streams_of_a_browser_run_over_one_connection(CancellationToken cancel)
    {
        // As many as a user may have on a node: beyond that the node refuses, and no stream waits for a response in silence.
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, EnableMultipleHttp2Connections = false });
        var open = new List<HttpResponseMessage>();
        try
        {
            for (var n = 0; n < new FeedOptions().ConnectionsPerUser; n++)
            {
                using var request = Request("2.0", Tokens.For("greedy"), isInQuery: false, "latest");
                open.Add(await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel));
            }
            Assert.That(open.Select(answer => answer.StatusCode), Is.All.EqualTo(HttpStatusCode.OK));
        }
        finally
        {
            open.ForEach(answer => answer.Dispose());
        }
    }

    private async Task<HttpStatusCode> StatusAsync(
        string target, (string Name, string Value)[] headers, string version, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Get, new Uri(version == "2.0" ? _balancer.Http2Address : _balancer.Address, target))
        {
            Version = Version.Parse(version),
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        foreach (var (name, value) in headers) request.Headers.Add(name, value);
        using var answer = await Plain.SendAsync(request, cancel);
        return answer.StatusCode;
    }

    private HttpRequestMessage Request(string version, string token, bool isInQuery, string after)
    {
        // The longest cursor that is promised, whatever length a cursor of these topics has now.
        var query = $"?after={after}&unused={new string('x', WebLimits.CursorLength - after.Length)}"
            + (isInQuery ? $"&access_token={token}" : "");
        var request = new HttpRequestMessage(
            HttpMethod.Get, new Uri(version == "2.0" ? _balancer.Http2Address : _balancer.Address, "/api/notifications" + query))
        {
            Version = Version.Parse(version),
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Headers = { Accept = { new("text/event-stream") } },
        };
        if (!isInQuery) request.Headers.Authorization = new("Bearer", token);
        return request;
    }

    private async Task<HttpResponseMessage> StreamAsync(
        string version, string token, bool isInQuery, string after, CancellationToken cancel)
    {
        using var request = Request(version, token, isInQuery, after);
        var answer = await Plain.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
        Assert.That((answer.StatusCode, answer.Version.ToString()), Is.EqualTo((HttpStatusCode.OK, version)), "with the token "
            + (isInQuery ? "in the query" : "in the header"));
        return answer;
    }

    private static async IAsyncEnumerable<JsonElement> ItemsAsync(
        HttpResponseMessage answer, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
    {
        var parser = SseParser.Create(
            await answer.Content.ReadAsStreamAsync(cancel), (_, data) => JsonSerializer.Deserialize<JsonElement>(data));
        await foreach (var item in parser.EnumerateAsync(cancel)) yield return item.Data;
    }

    private async Task PublishToAsync(string group, string orderId, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post,
            new Uri(_balancer.Address, "/api/notifications"))
        { Headers = { Authorization = new("Bearer", Tokens.Publisher()) } };
        request.Content = JsonContent.Create(new { to = new { groups = new[] { group } }, type = "order.created", orderId });
        using var answer = await Plain.SendAsync(request, cancel);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
    }
}
