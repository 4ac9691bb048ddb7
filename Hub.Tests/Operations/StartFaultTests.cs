using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Realtime.Tests.Support;

namespace Realtime.Tests.Operations;

/// <summary>
/// A start that cannot succeed says why in one line and ends with exit code 1; one that is stopped prints nothing and ends with 0.
/// </summary>
[CancelAfter(120_000)]
internal sealed class StartFaultTests
{
    private DirectoryInfo _folder = null!;

    [OneTimeSetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("hub-start-");

    [OneTimeTearDown]
    public void DeleteFolder() => _folder.Delete(recursive: true);

    [Test]
    public Task Https_without_a_certificate() =>
        IsSaidAsync(["No server certificate was specified", "Kestrel:Certificates:Default:Path"], "urls=https://127.0.0.1:0");

    [Test]
    public Task A_certificate_that_is_not_there() =>
        IsSaidAsync(["/no/certificate.pfx'", "Name a readable certificate"], "urls=https://127.0.0.1:0",
            "Kestrel:Certificates:Default:Path=/no/certificate.pfx");

    [Test]
    public async Task A_certificate_with_another_password()
    {
        await using var authority = new TestAuthority();
        using var certificate = authority.Issue("localhost");
        var file = Path.Combine(_folder.FullName, "certificate.pfx");
        await File.WriteAllBytesAsync(file, certificate.Export(X509ContentType.Pkcs12, "right"));
        await IsSaidAsync(
            ["password may be incorrect", "Name a readable certificate"],
            "urls=https://127.0.0.1:0", $"Kestrel:Certificates:Default:Path={file}", "Kestrel:Certificates:Default:Password=wrong");
    }

    // 192.0.2.0/24 is for documentation: no machine has one of its addresses.
    [TestCase("http://192.0.2.1:8080", "cannot listen on http://192.0.2.1:8080: ", "an address that this machine has")]
    [TestCase("http://127.0.0.1:99999", "cannot listen on http://127.0.0.1:99999: ", "Correct the addresses")]
    [TestCase("http://127.0.0.1:5080/hub", "A path base can only be", "Correct the addresses")]
    public Task An_address_that_cannot_be_listened_on(string address, string what, string how) =>
        IsSaidAsync([what, how], $"urls={address}");

    [Test]
    public async Task A_port_that_is_taken()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        await IsSaidAsync(["address already in use", "Stop what listens there"], $"urls=http://{other.LocalEndpoint}");
    }

    [Test]
    public Task A_folder_for_data_that_cannot_be_written() => IsSaidAsync(["/dev/null", "Hub:DataPath"], "Hub:DataPath=/dev/null");

    [Test]
    public Task A_setting_of_a_library() =>
        IsSaidAsync(["'Loud' is not supported", "Correct the setting"], "Logging:LogLevel:Default=Loud");

    [TestCase("appsettings.json")]
    [TestCase("appsettings.Development.json")]
    public async Task A_file_of_settings_that_is_broken(string file)
    {
        var server = Path.GetDirectoryName(Repository.BuildOutputOf("Hub.Server"))!;
        var copy = _folder.CreateSubdirectory(Guid.NewGuid().ToString("N")).FullName;
        foreach (var source in Directory.GetFiles(server, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(copy, Path.GetRelativePath(server, source));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(source, target);
        }
        await File.WriteAllTextAsync(Path.Combine(copy, file), """{ "Logging": { } "Hub": { } }""");
        await EndsSayingAsync([Path.Combine(copy, file), "Expected either ',', '}'", "Correct that file"],
            new() { Assembly = Path.Combine(copy, "Hub.Server.dll") });
    }

    [Test]
    public async Task No_file_is_watched_so_that_a_user_without_inotify_instances_can_start_it(CancellationToken cancel)
    {
        Requires.Linux();
        await using var server = await ServerProcess.StartAsync(cancel: cancel);
        var open = Directory.GetFiles($"/proc/{server.ProcessId}/fd").Select(file => new FileInfo(file).LinkTarget);
        Assert.That(open, Has.None.EqualTo("anon_inode:inotify"));
    }

    [Test]
    public async Task A_node_that_is_told_to_stop_while_it_waits_for_Redis_ends_without_a_word(CancellationToken cancel)
    {
        // Accepts and never responds, so the start waits for it.
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        await using var node = await ServerProcess.StartAsync(
            new()
            {
                AwaitReady = false,
                Settings = new Dictionary<string,
                string>
                { ["ConnectionStrings:Redis"] = $"{silent.LocalEndpoint}" }
            }, cancel);
        using var link = await silent.AcceptSocketAsync(cancel);
        await node.StopAsync();
        Assert.That(node.Output, Does.Not.Contain("   at ").And.Not.Contain("Stopping").And.Not.Contain("fail:"));
    }

    private static Task IsSaidAsync(string[] texts, params string[] settings) =>
        EndsSayingAsync(
            texts, new() { Settings = settings.Select(setting => setting.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]) });

    private static async Task EndsSayingAsync(string[] texts, ServerSettings settings)
    {
        await using var server = await ServerProcess.StartAsync(settings with { AwaitReady = false });
        Assert.That(await server.ExitAsync(), Is.EqualTo(1), server.Output);
        Assert.That(server.Output, Does.Not.Contain("   at ").And.Not.Contain("fail:").And.Not.Contain("crit:"), "a stack trace");
        var said = server.Output.Split('\n').Where(line => line.Contains(texts[0], StringComparison.Ordinal)).ToList();
        Assert.That(said, Has.Count.EqualTo(1), server.Output);
        foreach (var text in texts) Assert.That(said[0], Does.Contain(text));
    }
}
