using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Realtime.Server.Backplane.Redis;
using Realtime.Server.Notifications;
using Realtime.Server.Redis;
using Realtime.Tests.Log;
using Realtime.Tests.Support;

namespace Realtime.Tests.Redis;

/// <summary>
/// How the connection for announcements is opened: as the connection string says, or refused with a sentence that says what to fix.
/// </summary>
[CancelAfter(90_000)]
internal sealed class AnnouncementConnectTests
{
    private const string Host = "redis.test";
    private const string IssuerFile = "SERedis_IssuerCertPath";

    private IRedisServer _redis = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _redis = await RedisServers.StartAsync();
        await _redis.AskAsync("ACL", "SETUSER", "hub", "on", ">sekrit", "~*", "&hub:*", "+@all");
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await _redis.DisposeAsync();

    [TearDown]
    public void ForgetIssuer() => Environment.SetEnvironmentVariable(IssuerFile, null);

    [Test]
    public async Task Over_TLS_with_a_private_authority_a_reader_gets_what_is_announced()
    {
        await using var tls = new TlsProxy(_redis.Port, Host);
        Environment.SetEnvironmentVariable(IssuerFile, tls.IssuerFile);
        await using var node = await RedisNode.StartAndListenAsync(
            $"127.0.0.1:{tls.Port},ssl=true,sslHost={Host},user=hub,password=sekrit", Nothing);
        await DeliversAsync(node);
    }

    [Test]
    public async Task A_certificate_from_an_unknown_authority_or_for_another_host_is_refused()
    {
        await using var tls = new TlsProxy(_redis.Port, Host);
        Assert.That(await RefusalAsync($"127.0.0.1:{tls.Port},ssl=true,sslHost={Host}", tls.Port),
            Does.StartWith($"TLS with 127.0.0.1:{tls.Port} failed").And.Contains(IssuerFile));
        Environment.SetEnvironmentVariable(IssuerFile, tls.IssuerFile);
        Assert.That(await RefusalAsync($"127.0.0.1:{tls.Port},ssl=true,sslHost=another.test", tls.Port),
            Does.Contain("a certificate for another.test").And.Contains("sslHost"));
        Assert.That(await RefusalAsync($"127.0.0.1:{tls.Port},ssl=true", tls.Port), Does.Contain("a certificate for 127.0.0.1"));
        Environment.SetEnvironmentVariable(IssuerFile, tls.IssuerFile + ".missing");
        Assert.That(await RefusalAsync($"127.0.0.1:{tls.Port},ssl=true,sslHost={Host}", tls.Port), Does.StartWith("TLS with"));
    }

    [Test]
    public async Task Plain_text_where_TLS_is_expected_and_the_other_way_round_is_named()
    {
        await using var tls = new TlsProxy(_redis.Port, Host);
        Assert.That(await RefusalAsync($"127.0.0.1:{tls.Port}", tls.Port), Does.Contain("add ssl=true"));
        Assert.That(
            await RefusalAsync($"{_redis.ConnectionString},ssl=true", _redis.Port), Does.Contain("ssl=true").Or.Contain("must speak TLS"));
    }

    [Test]
    public async Task A_user_with_a_password_is_authenticated_and_a_wrong_one_is_named_without_the_password()
    {
        using (await OpenAsync($"{_redis.ConnectionString},user=hub,password=sekrit", _redis.Port))
            Assert.That(await _redis.AskAsync("CLIENT", "LIST"), Has.Some.Contains("name=realtime-listener").And.Some.Contains("user=hub"));
        var refused = await RefusalAsync($"{_redis.ConnectionString},user=hub,password=another", _redis.Port);
        Assert.That(refused,
            Does.Contain($"{_redis.Port} refused the credentials (WRONGPASS").And.Contains("fix user and password").And.Not.Contains(
                "another"));
    }

    [Test]
    public async Task A_server_that_requires_a_password_says_so()
    {
        await using var guarded = await RedisServers.StartAsync("--requirepass", "sekrit");
        using (await OpenAsync($"{guarded.ConnectionString},password=sekrit", guarded.Port)) { }
        Assert.That(await RefusalAsync(guarded.ConnectionString, guarded.Port), Does.Contain("requires a password: add password=…"));
    }

    [Test]
    public async Task A_user_that_may_not_listen_is_told_what_it_needs_and_listens_when_it_may()
    {
        await _redis.AskAsync("ACL", "SETUSER", "deaf", "on", ">sekrit", "~*", "resetchannels", "+@all");
        await using var node = await RedisNode.StartAsync($"{_redis.ConnectionString},user=deaf,password=sekrit", Nothing);
        await Eventually.True("the refusal is logged", () => node.Messages.Any(message =>
            message.StartsWith("Warning Cannot listen to announcements", StringComparison.Ordinal)
            && message.Contains("NOPERM", StringComparison.Ordinal) && message.Contains("&hub:*", StringComparison.Ordinal)));
        await _redis.AskAsync("ACL", "SETUSER", "deaf", "&hub:*");
        await Eventually.True("it listens", () => node.HasSaid("Listening to announcements"));
        await DeliversAsync(node);
    }

    [Test]
    public async Task An_IPv6_address_is_connected_to()
    {
        await using var proxy = new TcpProxy(_redis.Port, IPAddress.IPv6Loopback);
        await using var node = await RedisNode.StartAndListenAsync($"[::1]:{proxy.Port}", Nothing);
        Assert.That(node.HasSaid($"Listening to announcements at [::1]:{proxy.Port}"));
        await DeliversAsync(node);
    }

    [Test]
    public async Task A_host_name_is_resolved()
    {
        await using var node = await RedisNode.StartAndListenAsync($"localhost:{_redis.Port}", Nothing);
        await DeliversAsync(node);
    }

    [Test]
    public async Task A_Unix_socket_is_connected_to()
    {
        var folder = Directory.CreateTempSubdirectory("hub-unix-");
        try
        {
            var path = Path.Combine(folder.FullName, "redis.sock");
            await using var forwarder = new Forwarder(new UnixDomainSocketEndPoint(path), _redis.Port);
            await using var node = await RedisNode.StartAndListenAsync($"!{path}", Nothing);
            await DeliversAsync(node);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Test]
    public async Task Through_an_HTTP_tunnel_a_reader_gets_what_is_announced()
    {
        await using var forwarder = new Forwarder(new IPEndPoint(IPAddress.Loopback, 0), _redis.Port) { AwaitsConnect = true };
        // Only the tunnel can resolve the server's name.
        await using var node = await RedisNode.StartAndListenAsync($"redis.test:6379,tunnel=http:127.0.0.1:{forwarder.Port}", Nothing);
        await DeliversAsync(node);
        Assert.That(forwarder.Asked, Has.All.StartsWith("CONNECT redis.test:6379 "));
    }

    [Test]
    public async Task A_server_that_does_not_answer_is_given_up_in_time_and_named()
    {
        await using var proxy = new TcpProxy(_redis.Port) { ToServer = Flow.Swallow };
        Assert.That(
            await RefusalAsync($"127.0.0.1:{proxy.Port}", proxy.Port), Does.Contain($"127.0.0.1:{proxy.Port} did not answer within 2 s"));
        var nowhere = FreePort.Next();
        Assert.That(await RefusalAsync($"127.0.0.1:{nowhere}", nowhere),
            Does.Contain($"127.0.0.1:{nowhere} cannot be reached").And.Contains("check address and port"));
    }

    /// <summary>Without beacon and comparison only an announcement brings a later notification to a reader.</summary>
    private static BackplaneLimits Nothing { get; } = new() { Beacon = null, Comparison = null };

    private static async Task DeliversAsync(RedisNode node)
    {
        var topic = Topic.User(Guid.NewGuid().ToString());
        var reader = node.Read(topic);
        await reader.BeginsAsync();
        for (var i = 1; i <= 3; i++)
        {
            await node.Log.StoreAsync(Drafts.Of($"{i}", topic));
            await reader.GetsAsync([.. Enumerable.Range(1, i).Select(n => $"{n}")]);
        }
    }

    private static Task<AnnouncementLink> OpenAsync(string connectionString, int port) =>
        AnnouncementLink.OpenAsync(new() { ConnectionString = connectionString }, new IPEndPoint(IPAddress.Loopback, port), (_, _) => { });

    private static async Task<string> RefusalAsync(string connectionString, int port)
    {
        try
        {
            using var link = await OpenAsync(connectionString, port);
            return "It was opened.";
        }
        catch (RedisUnavailableException refused)
        {
            return refused.Message;
        }
    }

    /// <summary>Passes connections on to a port of loopback; as an HTTP proxy, once it was asked to.</summary>
    private sealed class Forwarder : IAsyncDisposable
    {
        private readonly Socket _listener;
        private readonly CancellationTokenSource _stopping = new();
        private readonly int _target;
        private readonly Task _accepting;

        public Forwarder(EndPoint address, int target)
        {
            _target = target;
            _listener = new(address.AddressFamily, SocketType.Stream, ProtocolType.Unspecified);
            _listener.Bind(address);
            _listener.Listen();
            _accepting = AcceptAsync();
        }

        public bool AwaitsConnect { get; init; }

        public ConcurrentQueue<string> Asked { get; } = new();

        public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

        public async ValueTask DisposeAsync()
        {
            await _stopping.CancelAsync();
            _listener.Dispose();
            await Eventually.Ends("the forwarder has stopped", _accepting);
            _stopping.Dispose();
        }

        private async Task AcceptAsync()
        {
            var links = new List<Task>();
            try
            {
                while (true) links.Add(ServeAsync(await _listener.AcceptAsync(_stopping.Token)));
            }
            catch (Exception stopped) when (stopped is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                await Task.WhenAll(links);
            }
        }

        private async Task ServeAsync(Socket client)
        {
            try
            {
                await using var one = new NetworkStream(client, ownsSocket: true);
                if (AwaitsConnect)
                {
                    // The request is short, and no data follow before the response, so it arrives in one piece.
                    var request = new byte[1024];
                    Asked.Enqueue(Encoding.ASCII.GetString(request, 0, await one.ReadAsync(request, _stopping.Token)));
                    await one.WriteAsync("HTTP/1.1 200 OK\r\n\r\n"u8.ToArray(), _stopping.Token);
                }
                using var server = new TcpClient();
                await server.ConnectAsync(IPAddress.Loopback, _target, _stopping.Token);
                await await Task.WhenAny(one.CopyToAsync(server.GetStream(), _stopping.Token), server.GetStream()
                    .CopyToAsync(one, _stopping.Token));
            }
            catch (Exception ended) when (ended is IOException or SocketException or OperationCanceledException) { /* one side is gone */ }
        }
    }
}
