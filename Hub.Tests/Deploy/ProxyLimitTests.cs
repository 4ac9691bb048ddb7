using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Realtime.Server.Connections;
using Realtime.Server.Delivery;
using Realtime.Server.Feed;
using Realtime.Server.Http;
using Realtime.Server.Publishing;
using Realtime.Server.Publishing.Batch;
using Realtime.Server.Routing;
using Realtime.Server.Routing.Nodes;
using Realtime.Server.Security.Sessions;
using Realtime.Tests.Support;

namespace Realtime.Tests.Deploy;

/// <summary>
/// No hop is tighter than the one after it: the shipped proxy files, the web server, and a node that another one forwards to.
/// </summary>
internal sealed class ProxyLimitTests
{
    /// <summary>
    /// The part of a buffer that HAProxy reserves for headers of its own (<c>tune.maxrewrite</c>), and the bytes that it needs for each
    /// header.
    /// </summary>
    private const int HaProxyRewrite = 1024, HaProxyPerHeader = 8;

    /// <summary>nginx's default for every wait for a client or a node.</summary>
    private static readonly TimeSpan NginxPatience = TimeSpan.FromSeconds(60);

    /// <summary>A node that is alive sends something to a reader within this time.</summary>
    private static readonly TimeSpan LongestSilence =
        new[] { EventSourceEndpoint.Heartbeat, RoutedHubRegistration.LongestPoll, new BatchLimits().Stall, OwnerClient.SilenceLimit }.Max();

    private static readonly string Nginx = File.ReadAllText(Repository.PathOf("deploy/nginx.conf"));
    private static readonly string HaProxy = File.ReadAllText(Repository.PathOf("deploy/haproxy.cfg"));

    private static KestrelServerLimits Kestrel
    {
        get
        {
            var limits = new KestrelServerLimits();
            WebLimits.Apply(limits);
            return limits;
        }
    }

    [Test]
    public void The_longest_token_fits_beside_the_longest_cursor() =>
        Assert.That(WebLimits.HeadBytes - WebLimits.TokenLength - WebLimits.CursorLength, Is.GreaterThan(4 * 1024),
            "for what browsers send by themselves");

    [Test]
    public void A_node_takes_what_is_promised_and_what_was_added_on_the_way() => Assert.Multiple(() =>
    {
        var limits = Kestrel;
        foreach (var bytes in (int[])[limits.MaxRequestLineSize, limits.MaxRequestHeadersTotalSize, limits.Http2.MaxRequestHeaderFieldSize])
            Assert.That(bytes, Is.EqualTo(WebLimits.HeadBytes + WebLimits.AddedBytes));
        Assert.That(limits.MaxRequestHeaderCount, Is.EqualTo(WebLimits.Headers + WebLimits.AddedHeaders));
        Assert.That(limits.Http2.MaxStreamsPerConnection, Is.GreaterThan(new FeedOptions().ConnectionsPerUser));
    });

    [Test]
    public void HaProxy_ends_clients_that_are_gone_without_a_word_as_soon_as_a_node_does()
    {
        var binds = Regex.Matches(HaProxy, @"^  bind .*$", RegexOptions.Multiline).Select(match => match.Value).ToList();
        Assert.That(binds, Is.Not.Empty.And.All.EndsWith($" tcp-ut {PeerTimeout.Limit.TotalSeconds}s"));
    }

    [Test]
    public void Nginx_is_not_tighter_than_a_node() => Assert.Multiple(() =>
    {
        var buffers = Directive("large_client_header_buffers").Split(' ');
        Assert.That(int.Parse(buffers[0], CultureInfo.InvariantCulture), Is.GreaterThanOrEqualTo(2), "the request line, and the rest");
        Assert.That(Bytes(buffers[1]), Is.GreaterThanOrEqualTo(Kestrel.MaxRequestLineSize));
        Assert.That(Bytes(Directive("client_body_buffer_size")), Is.GreaterThanOrEqualTo(PublishLimits.BodyBytes));
        Assert.That(Directive("client_max_body_size"), Is.EqualTo("0"));
        Assert.That(Bytes(Directive("proxy_buffer_size")), Is.GreaterThan(SessionCookie.MaxLength + 2_048));
        Assert.That(int.Parse(Directive("http2_max_concurrent_streams"), CultureInfo.InvariantCulture),
            Is.GreaterThanOrEqualTo(Kestrel.Http2.MaxStreamsPerConnection));
        Assert.That(Nginx, Does.Not.Match("(?:read|send|body|header|keepalive)_timeout"), "its defaults are known to be long enough");
        Assert.That(NginxPatience, Is.GreaterThan(LongestSilence).And.GreaterThan(Kestrel.RequestHeadersTimeout));
        Assert.That(NginxPatience, Is.LessThan(Kestrel.KeepAliveTimeout), "no request meets a connection that a node is closing");
    });

    [Test]
    public void HaProxy_is_not_tighter_than_a_node() => Assert.Multiple(() =>
    {
        var head = Number("tune.bufsize") - HaProxyRewrite - (WebLimits.Headers * HaProxyPerHeader);
        Assert.That(head, Is.GreaterThanOrEqualTo(WebLimits.HeadBytes + WebLimits.AddedBytes));
        Assert.That(HaProxy, Does.Not.Contain("maxhdr"), "its default is 100 and the request line");
        Assert.That(Number("tune.h2.max-concurrent-streams"), Is.GreaterThanOrEqualTo(Kestrel.Http2.MaxStreamsPerConnection));
        Assert.That(Patience("http-request"), Is.GreaterThanOrEqualTo(Kestrel.RequestHeadersTimeout));
        foreach (var timeout in (string[])["client", "server", "tunnel"])
            Assert.That(Patience(timeout), Is.GreaterThan(LongestSilence), timeout);
        Assert.That(Patience("http-keep-alive"), Is.LessThan(Kestrel.KeepAliveTimeout));
        Assert.That(Patience("connect"), Is.EqualTo(OwnerClient.ConnectTimeout));
    });

    private static string Directive(string name) => Regex.Match(Nginx, $@"^\s*{name} (.+);", RegexOptions.Multiline).Groups[1].Value;

    private static int Number(string name) =>
        int.Parse(Regex.Match(HaProxy, $@"^\s*{Regex.Escape(name)} (\d+)$", RegexOptions.Multiline).Groups[1].Value,
            CultureInfo.InvariantCulture);

    private static TimeSpan Patience(string name) =>
        TimeSpan.FromSeconds(
            int.Parse(Regex.Match(HaProxy, $@"^\s*timeout {name} (\d+)s$", RegexOptions.Multiline).Groups[1].Value,
                CultureInfo.InvariantCulture));

    private static int Bytes(string size) => int.Parse(size.TrimEnd('k'), CultureInfo.InvariantCulture) * (size.EndsWith('k') ? 1024 : 1);
}
