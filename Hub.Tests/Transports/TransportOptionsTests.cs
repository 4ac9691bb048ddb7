using Microsoft.AspNetCore.SignalR.Client;
using Realtime.Client;

namespace Realtime.Tests.Transports;

internal sealed class TransportOptionsTests
{
    private static readonly Uri Url = new("https://hub.example/hub");

    private static IEnumerable<TestCaseData> Bad()
    {
        yield return Case(new() { Transports = [] }, "Transports is empty");
        yield return Case(new() { Transports = [(Transport)9] }, "names 9, which is none");
        yield return Case(new() { Transports = [Transport.LongPolling, Transport.LongPolling] }, "names a transport twice");
        yield return Case(new() { Transports = [Transport.EventSource] }, "which is not a SignalR transport");
        yield return Case(new() { SkipNegotiation = true }, "SkipNegotiation needs Transports to be exactly [WebSockets]");
        yield return Case(new() { Headers = null! }, "Headers must not be null");
        yield return Case(new() { Headers = new Dictionary<string, string> { ["X-Tenant"] = "7\r\nX-Other: 8" } }, "cannot be sent as a request header");
        yield return Case(new() { ConnectTimeout = TimeSpan.FromMilliseconds(99) }, "ConnectTimeout must be from 00:00:00.1000000 to 00:05:00");
        yield return Case(new() { RequestTimeout = TimeSpan.FromMinutes(61) }, "RequestTimeout must be from 00:00:01 to 01:00:00");
        yield return Case(new() { FlushTimeout = TimeSpan.FromTicks(-1) }, "FlushTimeout must be from 00:00:00 to 00:01:00");
        yield return Case(new() { CloseTimeout = TimeSpan.Zero }, "CloseTimeout must be from 00:00:00.1000000 to 00:01:00");
        yield return Case(new() { BufferSize = 4095 }, "BufferSize must be from 4096 to 1073741824");
        yield return Case(new() { TimeProvider = null! }, "TimeProvider must not be null");
    }

    [TestCaseSource(nameof(Bad))]
    public void A_wrong_option_is_refused_with_what_to_change(TransportOptions options, string says) =>
        Assert.That(() => new HubConnectionBuilder().WithTransports(Url, options), Throws.InstanceOf<ArgumentException>().With.Message.Contains(says));

    [TestCase("/hub")]
    [TestCase("ws://hub.example/hub")]
    public void An_address_of_another_kind_is_refused(string url) => Assert.That(
        () => new HubConnectionBuilder().WithTransports(new(url, UriKind.RelativeOrAbsolute)),
        Throws.ArgumentException.With.Message.Contains("begin with http:// or https://"));

    [Test]
    public void The_defaults_and_the_least_that_is_allowed_pass()
    {
        Assert.DoesNotThrow(new TransportOptions().Validate);
        Assert.DoesNotThrow(new TransportOptions { FlushTimeout = TimeSpan.Zero, BufferSize = 4096, Transports = [Transport.WebSockets], SkipNegotiation = true }.Validate);
    }

    private static TestCaseData Case(TransportOptions options, string says) => new TestCaseData(options, says).SetArgDisplayNames(says);
}
