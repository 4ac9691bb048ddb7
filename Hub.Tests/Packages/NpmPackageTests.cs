using System.Text.Json;
using Realtime.Tests.Conventions;
using Realtime.Tests.Delivery;
using Realtime.Tests.Support;

namespace Realtime.Tests.Packages;

/// <summary>What a user gets who installs the TypeScript client from a registry.</summary>
[CancelAfter(300_000)]
internal sealed class NpmPackageTests
{
    private const string Url = "https://github.com/owner/name";

    private static readonly Document Clients = new("docs/clients.md");

    /// <summary>What the snippet takes from the page around it.</summary>
    private const string Beside = """
        declare function getToken(): Promise<string>;
        declare function show(state: import("@realtime/order-feed").FeedState): void;
        """;

    private NpmPackage _package = null!;

    [OneTimeSetUp]
    public async Task PackAsync() => _package = await NpmPackage.PackAsync(null, CancellationToken.None);

    [OneTimeTearDown]
    public void Dispose() => _package?.Dispose();

    [Test]
    public async Task It_can_be_published_and_its_linter_finds_nothing(CancellationToken cancel)
    {
        var (code, output) = await _package.LintAsync(cancel);
        Assert.That(code, Is.Zero, output);
        Assert.That(output, Does.Contain("All good!"));
        using var manifest = JsonDocument.Parse(await _package.ReadAsync("package.json", cancel));
        Assert.That(manifest.RootElement.TryGetProperty("private", out _), Is.False);
        Assert.That(manifest.RootElement.GetProperty("publishConfig").GetProperty("access").GetString(), Is.EqualTo("public"));
        Assert.That(await _package.ReadAsync("README.md", cancel), Does.StartWith("# @realtime/order-feed"));
        Assert.That(await _package.ReadAsync("LICENSE", cancel), Does.StartWith("MIT License"));
    }

    [Test]
    public async Task It_names_no_repository_unless_a_release_sets_one(CancellationToken cancel)
    {
        using var unset = JsonDocument.Parse(await _package.ReadAsync("package.json", cancel));
        Assert.That(unset.RootElement.TryGetProperty("repository", out _), Is.False);
        using var released = await NpmPackage.PackAsync(Url, cancel);
        using var manifest = JsonDocument.Parse(await released.ReadAsync("package.json", cancel));
        var repository = manifest.RootElement.GetProperty("repository");
        Assert.That(repository.GetProperty("url").GetString(), Is.EqualTo($"git+{Url}.git"));
        Assert.That(repository.GetProperty("directory").GetString(), Is.EqualTo("Hub.Client/typescript"));
        Assert.That((await released.LintAsync(cancel)).Output, Does.Contain("All good!"));
    }

    [Test]
    public async Task Its_version_comes_from_the_tag_of_a_release(CancellationToken cancel)
    {
        Assert.That(Path.GetFileName(_package.File), Is.EqualTo("realtime-order-feed-0.0.0-dev.tgz"), "no release");
        using var released = await NpmPackage.PackAsync(Url, cancel, "v1.2.3");
        Assert.That(Path.GetFileName(released.File), Is.EqualTo("realtime-order-feed-1.2.3.tgz"));
        using var manifest = JsonDocument.Parse(await released.ReadAsync("package.json", cancel));
        Assert.That(manifest.RootElement.GetProperty("version").GetString(), Is.EqualTo("1.2.3"));
        Assert.That((await released.LintAsync(cancel)).Output, Does.Contain("All good!"));
    }

    [Test]
    public async Task A_repository_that_is_no_address_is_refused(CancellationToken cancel) =>
        Assert.That(await NpmPackage.FailToPackAsync("owner/name", cancel),
            Does.Contain("RealtimeRepositoryUrl is owner/name: set it to the repository's address, such as https://"));

    // The oldest and the newest that its range allows.
    [TestCase("10.0.0")]
    [TestCase("^10.0.0")]
    public async Task The_documented_snippet_works_in_an_empty_Vite_application(string signalR, CancellationToken cancel)
    {
        using var app = await ViteApp.CreateAsync(_package, signalR, cancel);
        var snippet = Clients.BlockOf("typescript");
        await app.WriteAsync("main.ts", snippet, cancel);
        await app.WriteAsync("beside.d.ts", Beside, cancel);
        foreach (var resolution in (string[])["bundler", "nodenext"])
        {
            var (code, output) = await app.CheckAsync(resolution, cancel);
            Assert.That(code, Is.Zero, output);
        }
        Assert.That(await app.BuildAsync(cancel), Does.Contain("api/notifications/acknowledged"));

        await using var server = await TestServer.StartAsync(cancel: cancel);
        const string Address = "http://localhost:5080";
        Assert.That(snippet, Does.Contain(Address));
        await server.PublishAsync("ann", "CA-1", cancel);
        await app.WriteAsync("run.mjs", $$"""
            globalThis.getToken = () => Promise.resolve({{JsonSerializer.Serialize(Tokens.For("ann"))}});
            globalThis.show = state => console.log(state.status);
            // The snippet reads without end.
            const log = console.log;
            console.log = (...what) => {
              log(...what);
              if (what[1] === "CA-2") setTimeout(() => process.exit(0));
            };
            {{snippet.Replace(Address, server.Address.GetLeftPart(UriPartial.Authority), StringComparison.Ordinal)}}
            """, cancel);
        var reading = app.RunScriptAsync("run.mjs", cancel);
        await Eventually.True("the first order is acknowledged", async () =>
            (await server.HistoryAsync(Tokens.For("ann"), "/unread", cancel)).GetProperty("unread").GetInt64() == 0, cancel);
        await server.PublishAsync("ann", "CA-2", cancel);
        Assert.That((await reading).Split('\n'), Has.Some.EqualTo("live").And.Some.EqualTo("order.created CA-1")
            .And.Some.EqualTo("order.created CA-2"));
    }

    [Test]
    public async Task A_mistake_in_an_application_would_be_seen(CancellationToken cancel)
    {
        using var app = await ViteApp.CreateAsync(_package, "^10.0.0", cancel);
        await app.WriteAsync("main.ts", Clients.BlockOf("typescript").Replace("after:", "before:", StringComparison.Ordinal), cancel);
        await app.WriteAsync("beside.d.ts", Beside, cancel);
        var (code, output) = await app.CheckAsync("bundler", cancel);
        Assert.That(code, Is.Not.Zero);
        Assert.That(output, Does.Contain("'before' does not exist"));
    }
}
