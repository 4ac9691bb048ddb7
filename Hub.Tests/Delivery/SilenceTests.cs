using System.Net.Sockets;
using System.Text;
using Realtime.Tests.Support;

namespace Realtime.Tests.Delivery;

/// <summary>What a stream sends when there are no notifications, so that no proxy and no page considers it dead.</summary>
[Category("Campaign")]
internal sealed class SilenceTests : ContractTests
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan LongestPoll = TimeSpan.FromSeconds(30);

    [SetUp]
    public void OnlyInCampaigns() => Requires.Campaigns();

    [Test]
    public async Task An_event_stream_repeats_its_position(CancellationToken cancel)
    {
        var text = await ReadAsync("/api/notifications?after=latest", Tokens.For(NewName()), "event: heartbeat", times: 2, cancel);
        var ids = text.Split('\n').Where(line => line.StartsWith("id: ", StringComparison.Ordinal)).ToList();
        Assert.That(ids, Has.Count.EqualTo(2));
        Assert.That(ids[1], Is.EqualTo(ids[0]));
    }

    [Test]
    public async Task A_signalr_stream_carries_pings(CancellationToken cancel)
    {
        var token = Tokens.For(NewName());
        var id = (await SendAsync("POST", "/hubs/orders/negotiate?negotiateVersion=1", token, "", cancel)).Json.GetProperty(
            "connectionToken").GetString();
        var reading = ReadAsync($"/hubs/orders?id={id}", token, "{\"type\":6}", times: 1, cancel);
        await Eventually.True("it takes the handshake", async () =>
            (await SendAsync("POST", $"/hubs/orders?id={id}", token, "{\"protocol\":\"json\",\"version\":1}\u001e", cancel)).Status == 200,
            cancel);
        await reading;
    }

    [Test]
    public async Task A_long_poll_ends_before_a_proxy_loses_patience(CancellationToken cancel)
    {
        var token = Tokens.For(NewName());
        var id = (await SendAsync("POST", "/hubs/orders/negotiate?negotiateVersion=1", token, "", cancel)).Json.GetProperty(
            "connectionToken").GetString();
        await GetAsync($"/hubs/orders?id={id}", token, cancel);
        var poll = GetAsync($"/hubs/orders?id={id}", token, cancel);
        await Eventually.Ends("the poll ends", poll, LongestPoll, cancel);
        Assert.That((await poll).Status, Is.EqualTo(200));
    }

    private async Task<string> ReadAsync(string target, string token, string until, int times, CancellationToken cancel)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(Server.Address.Host, Server.Address.Port, cancel);
        await client.GetStream()
            .WriteAsync(RawHttp.Compose(Server.Address, "GET", target, token, null, "Accept: text/event-stream"), cancel);
        var text = new StringBuilder();
        var buffer = new byte[4_096];
        while (text.ToString().Split(until).Length <= times)
        {
            var read = client.GetStream().ReadAsync(buffer, cancel).AsTask();
            await Eventually.Ends("something comes", read, Longest, cancel);
            Assert.That(await read, Is.Positive, $"It ended: {text}");
            text.Append(Encoding.UTF8.GetString(buffer, 0, await read));
        }
        return text.ToString();
    }
}
