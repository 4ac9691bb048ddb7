using System.Net;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http.Connections;
using Realtime.Client;
using Realtime.Tests.Conventions;
using Realtime.Tests.Delivery;
using Realtime.Tests.Operations.Operators;
using Realtime.Tests.Support;

namespace Realtime.Tests.Redis;

/// <summary>
/// A server that reaches Redis as a careful operator lets it: over TLS with a private authority, at an IPv6 address, as a user with the
/// rights of docs/redis.md and no others.
/// </summary>
[CancelAfter(90_000)]
internal sealed partial class RightsTests
{
    private const string Host = "redis.test";
    private static readonly object Everyone = new { users = new[] { "ann", "bob" }, everyone = true };

    [Test]
    public async Task The_line_of_the_page_is_enough_for_everything(CancellationToken cancel)
    {
        await using var redis = await RedisServers.StartAsync();
        await redis.AskAsync(new Document("docs/redis.md").BlockOf("rights").Trim().Split(' '));
        await using var tls = new TlsProxy(redis.Port, Host);
        await using var address = new TcpProxy(tls.Port, IPAddress.IPv6Loopback);
        await using var server = await TestServer.StartAsync(new ServerSettings
        {
            Variables = new Dictionary<string, string> { ["SERedis_IssuerCertPath"] = tls.IssuerFile },
            Settings = new Dictionary<string, string>
            {
                ["ConnectionStrings:Redis"] = $"[::1]:{address.Port},ssl=true,sslHost={Host},user=hub,password=secret",
            },
        }, cancel);

        await using var reader = await HubReceiver.ConnectAsync(server.Address, Tokens.For("ann"), Transport.WebSockets, cancel);
        await reader.SubscribeAsync("earliest", cancel);
        await server.PublishAsync("ann", "one", cancel, key: "one");
        await server.PublishAsync(Everyone, "two", cancel);
        var cursor = (await server.HistoryAsync(Tokens.For("ann"), "?after=earliest", cancel)).Cursor();
        Assert.That((await server.AcknowledgeAsync(Tokens.For("ann"), cursor, cancel)).Status, Is.EqualTo(200));
        await using var near = await OperatorClient.ConnectAsync(server.Address, HttpTransportType.WebSockets, cancel);
        await near.SeesAsync(1, cancel);
        using var request = TestServer.Request(HttpMethod.Post, "/api/session", Tokens.For("ann"));
        using var session = await server.Http.SendAsync(request, cancel);
        Assert.That(session.IsSuccessStatusCode, $"{(int)session.StatusCode}: sessions have keys in Redis");

        var refused = await redis.AskAsync("ACL", "LOG");
        Assert.That(Refusals(refused), Is.Empty, string.Join(' ', refused));
        Assert.That(server.Output, Does.Not.Contain("NOPERM"));
        Assert.That((await redis.AskAsync("CLIENT", "LIST"))[0].Split('\n').Where(line => line.Contains("name=realtime", StringComparison.Ordinal)),
            Has.Exactly(1).Contains("name=realtime-listener ").And.All.Contains("user=hub"));
    }

    /// <summary>What Redis has refused, except what the client library tries and does without.</summary>
    private static IEnumerable<string> Refusals(IReadOnlyList<string> log) =>
        log.Select((field, i) => (field, value: i + 1 < log.Count ? log[i + 1] : "")).Where(it => it.field == "object")
            .Select(it => it.value).Where(what => !Tried().IsMatch(what));

    [GeneratedRegex("^config(\\|get)?$")]
    private static partial Regex Tried();
}
