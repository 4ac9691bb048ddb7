using Microsoft.AspNetCore.SignalR.Client;
using Realtime.Client;
using Realtime.Client.Feed;
using Realtime.Client.Feed.Requests;
using Realtime.Tests.Support;

namespace Realtime.Tests.Client;

internal sealed class OrderFeedOptionsTests
{
    private static readonly OrderFeedOptions Good = new() { Server = new("https://hub.example"), Token = _ => new("token") };

    private static IEnumerable<TestCaseData> Bad()
    {
        yield return Case(Good with { Server = null }, "Server is missing: give the server's address");
        yield return Case(Good with { Server = new("/hub", UriKind.Relative) }, "Server must be absolute");
        yield return Case(Good with { Server = new("ftp://hub.example") }, "begin with http:// or https://");
        yield return Case(Good with { Server = new("https://hub.example?access_token=x") }, "without user, query and fragment");
        yield return Case(Good with { Token = null }, "Token is missing");
        yield return Case(Good with { Transports = [] }, "Transports is empty");
        yield return Case(Good with { Transports = [Transport.LongPolling, Transport.LongPolling] }, "names a transport twice");
        yield return Case(Good with { Transports = [(Transport)9] }, "names 9, which is none");
        yield return Case(Good with { StartFrom = (StartFrom)9 }, "StartFrom is 9");
        yield return Case(Good with { User = "" }, "User is empty");
        yield return Case(Good with { ConnectTimeout = TimeSpan.Zero }, "ConnectTimeout must be from 00:00:00.1000000 to 00:05:00");
        yield return Case(Good with { BufferedItems = 15 }, "BufferedItems must be from 16 to 1000000");
        yield return Case(Good with { Headers = null! }, "Headers must not be null");
        yield return Case(Good with { Headers = new Dictionary<string, string> { ["bad name"] = "x" } },
            "a header 'bad name' that cannot be sent as a request header");
        yield return Case(Good with { Headers = new Dictionary<string, string> { ["X-Tenant"] = "7\r\nX-Other: 8" } },
            "a header 'X-Tenant' that cannot be sent");
        yield return Case(Good with { TimeProvider = null! }, "TimeProvider must not be null");
        yield return Case(Good with { Random = null! }, "Random must not be null");
        yield return Case(Good with { Connection = Hub() }, "Connection excludes Server and Token");
        yield return Case(new() { Connection = Hub(), CursorStore = new MemoryCursorStore() }, "User is missing");
    }

    [TestCaseSource(nameof(Bad))]
    public void A_wrong_option_is_refused_before_anything_is_sent(OrderFeedOptions options, string says) =>
        Assert.That(async () => await OrderFeed.ConnectAsync(options), Throws.InstanceOf<ArgumentException>().With.Message.Contains(says));

    [Test]
    public void Good_options_pass()
    {
        Assert.DoesNotThrow(Good.Validate);
        Assert.DoesNotThrow((Good with { Transports = [Transport.EventSource] }).Validate);
        Assert.DoesNotThrow(new OrderFeedOptions { Connection = Hub(), CursorStore = new MemoryCursorStore(), User = "alice" }.Validate);
    }

    [TestCase("https://hub.example", "https://hub.example/hubs/orders", "https://hub.example/api/notifications")]
    [TestCase("http://h:81/below/", "http://h:81/below/hubs/orders", "http://h:81/below/api/notifications")]
    public void A_server_may_stand_below_a_path(string server, string hub, string notifications)
    {
        Assert.That(Endpoints.Hub(new(server)).AbsoluteUri, Is.EqualTo(hub));
        Assert.That(Endpoints.Notifications(new(server)).AbsoluteUri, Is.EqualTo(notifications));
    }

    [Test]
    public void A_token_says_whose_it_is()
    {
        Assert.That(TokenClaims.Of(Tokens.For("älice")).User, Is.EqualTo("älice"));
        foreach (var none in new[] { "", "opaque", "a.b.c", "a.!!.c", $"a.{Tokens.Encode("[1]"u8)}.c",
            $"a.{Tokens.Encode("""{"sub":7}"""u8)}.c", $"a.{Tokens.Encode("""{"sub":""}"""u8)}.c" })
            Assert.That(TokenClaims.Of(none).User, Is.Null, none);
    }

    [Test]
    public void A_store_needs_to_know_whose_positions_it_keeps() =>
        Assert.That(
            async () => await OrderFeed.ConnectAsync(Good with { CursorStore = new MemoryCursorStore() }),
            Throws.InvalidOperationException.With.Message.Contains("set OrderFeedOptions.User"));

    private static TestCaseData Case(OrderFeedOptions options, string says) => new TestCaseData(options, says).SetArgDisplayNames(says);

    private static HubConnection Hub() => new HubConnectionBuilder().WithUrl(new Uri("https://hub.example/hubs/orders")).Build();
}
