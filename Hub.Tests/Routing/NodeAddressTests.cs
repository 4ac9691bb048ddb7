using System.Net;
using Microsoft.Extensions.Options;
using Realtime.Server.Routing.Nodes;

namespace Realtime.Tests.Routing;

internal sealed class NodeAddressTests
{
    private static readonly IPAddress Own = IPAddress.Parse("10.0.0.7");

    [TestCase("http://[::]:8080", ExpectedResult = "http://10.0.0.7:8080/")]
    [TestCase("http://0.0.0.0:8080", ExpectedResult = "http://10.0.0.7:8080/")]
    [TestCase("http://+:80", ExpectedResult = "http://10.0.0.7/")]
    [TestCase("http://localhost:5080", ExpectedResult = "http://localhost:5080/")]
    [TestCase("http://192.168.1.2:8080", ExpectedResult = "http://192.168.1.2:8080/")]
    [TestCase("https://*:8443,http://*:8080", ExpectedResult = "http://10.0.0.7:8080/",
        TestName = "The plain listener is the one for the other nodes")]
    [TestCase("http://localhost:8080,https://*:8443", ExpectedResult = "https://10.0.0.7:8443/",
        TestName = "A listener that others reach is better than a plain one")]
    [TestCase("http://unix:/tmp/hub.sock", ExpectedResult = null)]
    public string? It_is_where_the_server_listens(string listening) => NodeAddress.Of(null, listening.Split(','), Own)?.ToString();

    [Test]
    public void A_machine_without_a_network_is_reached_by_itself() =>
        Assert.That(NodeAddress.Of(null, ["http://*:8080"], own: null), Is.EqualTo(new Uri("http://127.0.0.1:8080")));

    [TestCase("http://[::]:8080", ExpectedResult = "http://[fd00::7]:8080/")]
    [TestCase("http://[fd00::8]:8080", ExpectedResult = "http://[fd00::8]:8080/")]
    public string? A_machine_with_IPv6_only_is_reached_by_that(string listening) =>
        NodeAddress.Of(null, [listening], IPAddress.Parse("fd00::7"))?.ToString();

    [TestCase("10.0.0.7 gateway,fd00::7 gateway", ExpectedResult = "10.0.0.7")]
    [TestCase("fd00::7 gateway,172.17.0.1", ExpectedResult = "fd00::7", TestName = "A bridge of containers leads nowhere")]
    [TestCase("169.254.3.4 gateway,fe80::1 gateway,fd00::7", ExpectedResult = "fd00::7",
        TestName = "What a machine gave itself is not known to others")]
    [TestCase("192.168.1.7,fd00::7", ExpectedResult = "192.168.1.7")]
    [TestCase("127.0.0.1,::1,fe80::1 gateway", ExpectedResult = null)]
    public string? Its_own_address_is_one_that_others_reach(string own) => NodeAddress.Best(own.Split(',').Select(one =>
        (IPAddress.Parse(one.Split(' ')[0]), one.EndsWith("gateway", StringComparison.Ordinal))))?.ToString();

    [TestCase("http://fd00::1:8080", ExpectedResult = "http://[fd00::1]:8080/")]
    [TestCase("http://[fd00::1]:8080", ExpectedResult = "http://[fd00::1]:8080/")]
    [TestCase("http://2001:db8:1:2:3:4:5:6:8080", ExpectedResult = "http://[2001:db8:1:2:3:4:5:6]:8080/")]
    [TestCase("http://::ffff:10.0.0.1:8080/", ExpectedResult = "http://[::ffff:10.0.0.1]:8080/")]
    [TestCase("http://10.0.0.1:8080", ExpectedResult = "http://10.0.0.1:8080/")]
    public string? A_pods_address_needs_no_brackets(string address) =>
        NodeAddress.TryParse(address, out var parsed) ? parsed.ToString() : null;

    [Test]
    public void What_was_set_wins() =>
        Assert.That(NodeAddress.Of("http://hub-1:9000", ["http://*:8080"], Own), Is.EqualTo(new Uri("http://hub-1:9000")));

    [TestCase("hub-1:8080")]
    [TestCase("hub-1")]
    [TestCase("ftp://hub-1")]
    [TestCase("http://hub-1/path")]
    [TestCase("http://hub-1?query")]
    [TestCase("http://user:password@hub-1")]
    [TestCase("http://0.0.0.0:8080")]
    [TestCase("http://[::]:8080")]
    [TestCase("http://:::8080")]
    [TestCase("http://fd00::1")]
    [TestCase("http://fd00::1:99999")]
    public void An_address_that_others_could_not_use_is_refused_with_how_to_mend_it(string address)
    {
        var result = new NodeOptionsValidator().Validate(Options.DefaultName, new() { Address = address });
        Assert.That(result.FailureMessage, Does.Contain("Hub:Node:Address").And.Contain(address));
    }

    [TestCase(null)]
    [TestCase("http://hub-1:8080")]
    [TestCase("https://hub-1.internal")]
    [TestCase("http://[fd00::1]:8080/")]
    public void An_address_that_others_can_use_is_taken(string? address) =>
        Assert.That(new NodeOptionsValidator().Validate(Options.DefaultName, new() { Address = address }).Succeeded);
}
