using System.Diagnostics;
using System.Text.Json;
using Realtime.Tests.Delivery;
using Realtime.Tests.Support;

namespace Realtime.Tests.Conventions;

/// <summary>The package <c>Realtime.Client</c>: what is in it, and that it installs and works as docs/clients.md says.</summary>
[CancelAfter(600_000)]
internal sealed class PackageTests
{
    private static readonly string[] Targets = ["net10.0", "net8.0", "netstandard2.0"];

    private static readonly Document Clients = new("docs/clients.md");

    private PackedClient _packed = null!;

    [OneTimeSetUp]
    public async Task PackAsync() => _packed = await PackedClient.MakeAsync(Repository.Root, CancellationToken.None);

    [OneTimeTearDown]
    public void Delete() => _packed?.Dispose();

    [Test]
    public void It_says_what_it_is_and_whose()
    {
        var manifest = _packed.Manifest();
        string Of(string name) => manifest.Element(manifest.Name.Namespace + name)?.Value ?? "";
        Assert.Multiple(() =>
        {
            Assert.That(Of("id"), Is.EqualTo("Realtime.Client"));
            Assert.That(Of("authors"), Is.EqualTo("The Realtime maintainers"));
            Assert.That(Of("license"), Is.EqualTo("MIT"));
            Assert.That(Of("readme"), Is.EqualTo("README.md"));
            Assert.That(Of("icon"), Is.EqualTo("icon.png"));
            Assert.That(Of("description"), Is.Not.Empty);
            Assert.That(Of("tags"), Does.Contain("signalr"));
        });
    }

    [Test]
    public void It_has_a_build_and_symbols_for_each_target_and_brings_nothing_that_only_builds_need()
    {
        using var package = _packed.Open(".nupkg");
        using var symbols = _packed.Open(".snupkg");
        var files = package.Entries.Select(entry => entry.FullName).ToList();
        Assert.Multiple(() =>
        {
            Assert.That(files, Is.SupersetOf(Targets.SelectMany(target =>
                new[] { $"lib/{target}/Realtime.Client.dll", $"lib/{target}/Realtime.Client.xml" }).Concat(["README.md", "icon.png"])));
            Assert.That(symbols.Entries.Select(entry => entry.FullName),
                Is.SupersetOf(Targets.Select(target => $"lib/{target}/Realtime.Client.pdb")));
            Assert.That(_packed.Manifest().ToString(), Does.Not.Contain("Polyfill").And.Not.Contain("MinVer").And.Not.Contain("CodeAnalysis"));
        });
    }

    [Test]
    public void Its_readme_has_the_snippet_of_the_page() => Assert.That(
        File.ReadAllText(Repository.PathOf("Hub.Client/README.md")), Does.Contain(Clients.BlockOf("csharp")));

    [Test]
    public async Task The_snippet_runs_in_a_console_that_has_the_base_framework_alone(CancellationToken cancel)
    {
        await using var server = await TestServer.StartAsync(cancel: cancel);
        await server.PublishAsync("ann", "1001", cancel);
        var snippet = Clients.BlockOf("csharp").Replace("http://localhost:5080", server.Address.AbsoluteUri, StringComparison.Ordinal);
        var output = await _packed.BuildAsync("net10.0", "Exe", "", new Dictionary<string, string>
        {
            ["Program.cs"] = $$"""
                using Realtime.Client;

                var cancel = CancellationToken.None;
                ValueTask<string> GetTokenAsync(CancellationToken stop) => new("{{Tokens.For("ann")}}");
                {{snippet}}
                """,
        }, cancel);

        using var runtime = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(output, "Program.runtimeconfig.json"), cancel));
        var options = runtime.RootElement.GetProperty("runtimeOptions");
        Assert.That(options.TryGetProperty("frameworks", out _), Is.False, "more than one framework");
        Assert.That(options.GetProperty("framework").GetProperty("name").GetString(), Is.EqualTo("Microsoft.NETCore.App"));

        var start = new ProcessStartInfo(DotNetHost.Path, [Path.Combine(output, "Program.dll")]);
        DotNetHost.ForgetServerVariables(start);
        using var program = ChildProcess.Start(start);
        await Eventually.True("the order is printed and acknowledged",
            () => program.Output.Contains("order.created 1001", StringComparison.Ordinal), TimeSpan.FromSeconds(60), cancel);
    }

    [Test]
    public async Task The_window_is_compiled_for_the_framework_4_8(CancellationToken cancel)
    {
        var output = await _packed.BuildAsync("net48", "Library", """
            <PackageReference Include="Microsoft.NETFramework.ReferenceAssemblies" Version="1.0.3" PrivateAssets="all" />
            <Reference Include="System.Windows.Forms" />
            <Reference Include="System.Net.Http" />
            """, new Dictionary<string, string> { ["OrdersWindow.cs"] = Clients.BlockOf("winforms") }, cancel);
        Assert.That(Path.Combine(output, "Realtime.Client.dll"), Does.Exist);
    }

    [Test, Category("Campaign")]
    public async Task A_tagged_clone_is_packed_with_its_version_its_address_and_the_way_to_its_sources(CancellationToken cancel)
    {
        Requires.Campaigns();
        const string Address = "https://github.com/shop/realtime";
        var folder = Directory.CreateTempSubdirectory("hub-clone-");
        try
        {
            var clone = folder.FullName;
            await Commands.RunAsync("git", "clone", "-q", Repository.Root, clone);
            await Commands.RunAsync("git", "-C", clone, "remote", "set-url", "origin", Address);
            await Commands.RunAsync("git", "-C", clone, "tag", "v1.2.3");
            using var packed = await PackedClient.MakeAsync(clone, cancel, $"-p:RealtimeRepositoryUrl={Address}");
            Assert.That(Path.GetFileName(packed.FileOf(".nupkg")), Is.EqualTo("Realtime.Client.1.2.3.nupkg"));
            Assert.That(packed.Manifest().ToString(), Does.Contain($"url=\"{Address}\""));
            using var symbols = packed.Open(".snupkg");
            using var stream = symbols.GetEntry("lib/net10.0/Realtime.Client.pdb")!.Open();
            using var text = new StreamReader(stream, System.Text.Encoding.Latin1);
            Assert.That(await text.ReadToEndAsync(cancel), Does.Contain("https://raw.githubusercontent.com/shop/realtime/"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
