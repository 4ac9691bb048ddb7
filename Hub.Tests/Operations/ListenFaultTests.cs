using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Realtime.Tests.Support;

namespace Realtime.Tests.Operations;

/// <summary>
/// Addresses that the system refuses, of readers and of metrics: exit code 1 and one sentence that says what to do.
/// </summary>
[CancelAfter(120_000)]
internal sealed class ListenFaultTests
{
    private const string Readers = "urls", Metrics = "Hub:Metrics:Address";

    private DirectoryInfo _folder = null!;

    [OneTimeSetUp]
    public void MakeFolder()
    {
        Requires.Linux();
        _folder = Directory.CreateTempSubdirectory("hub-listen-");
    }

    [OneTimeTearDown]
    public void DeleteFolder() => _folder?.Delete(recursive: true);

    [TestCase("missing/hub.sock", "missing does not exist")]
    [TestCase("file/hub.sock", "file does not exist")]
    [TestCase("file", "is there and is no socket: remove it")]
    [TestCase("folder", "is there and is no socket: remove it")]
    public async Task A_Unix_socket_that_cannot_be_made(string path, string how)
    {
        _folder.CreateSubdirectory("folder");
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "file"), "");
        await IsSaidAsync(Readers, $"http://unix:{_folder.FullName}/{path}", how, []);
        await IsSaidAsync("Kestrel:Endpoints:Local:Url", $"http://unix:{_folder.FullName}/{path}", how, []);
    }

    [Test]
    public Task A_path_that_is_too_long() =>
        IsSaidAsync(Readers, $"http://unix:{_folder.FullName}/{new string('x', 120)}", "at most 107 bytes: name a shorter one", []);

    [Test]
    public async Task A_folder_that_cannot_be_written()
    {
        var folder = _folder.CreateSubdirectory("readonly");
        await Commands.RunAsync(Requires.Command("chmod"), "u=rx,go=", folder.FullName);
        await IsSaidAsync(
            Readers, $"http://unix:{folder.FullName}/hub.sock", $"write to the folder {folder.FullName}, or name", Without("dac_override"));
    }

    [TestCase(Readers, "above 1023, or let the user")]
    [TestCase(Metrics, "Hub:Metrics:Address a port above 1023, or let the user")]
    public Task A_port_without_permission(string setting, string how)
    {
        const int Port = 80;
        var isForAll = int.Parse(File.ReadAllText("/proc/sys/net/ipv4/ip_unprivileged_port_start"), CultureInfo.InvariantCulture) <= Port;
        // As in many containers. A network of its own has the system's default.
        string[] network = isForAll ? [Requires.Command("unshare"), "--net"] : [];
        return IsSaidAsync(setting, $"http://*:{Port}", how, [.. network, .. Without("net_bind_service")]);
    }

    [TestCase(Readers, "Stop what listens there, or give --urls another address")]
    [TestCase(Metrics, "Stop what listens there, or give Hub:Metrics:Address another port")]
    public async Task A_port_that_is_taken(string setting, string how)
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        await IsSaidAsync(setting, $"http://{other.LocalEndpoint}", how, []);
    }

    [Test]
    public async Task A_Unix_socket_that_another_server_listens_on()
    {
        var path = Path.Combine(_folder.FullName, "taken.sock");
        using var other = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        other.Bind(new UnixDomainSocketEndPoint(path));
        other.Listen();
        await IsSaidAsync(Readers, $"http://unix:{path}", "Stop what listens there", []);
        Assert.That(File.Exists(path));
    }

    /// <summary>A command whose process lacks one of root's capabilities. Other users have none.</summary>
    private static string[] Without(string capability) => Environment.IsPrivilegedProcess
        ? [Requires.Command("setpriv"), $"--bounding-set=-{capability}", $"--inh-caps=-{capability}"] : [];

    private static async Task IsSaidAsync(string setting, string address, string how, string[] through)
    {
        await using var server = await ServerProcess.StartAsync(new ServerSettings
        {
            AwaitReady = false,
            Through = through,
            Settings = new Dictionary<string, string>
            {
                // With endpoints of Kestrel's, the server would warn that these addresses do not count.
                [Readers] = setting == Metrics ? "http://127.0.0.1:0" : "",
                [setting] = address,
                ["Logging:LogLevel:Default"] = "Warning",
            },
        });
        Assert.That(await server.ExitAsync(), Is.EqualTo(1), server.Output);
        Assert.That(server.Output.Trim().Split('\n'), Has.Length.EqualTo(1), server.Output);
        Assert.That(server.Output, Does.Contain(address).And.Contain(how));
    }
}
