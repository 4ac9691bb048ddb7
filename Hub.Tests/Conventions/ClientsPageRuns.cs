using System.Runtime.CompilerServices;
using Realtime.Client;
using Realtime.Tests.Delivery;
using Realtime.Tests.Support;

namespace Realtime.Tests.Conventions;

/// <summary>The snippets and commands of docs/clients.md.</summary>
[CancelAfter(240_000)]
internal sealed class ClientsPageRuns
{
    private const string Address = "\"http://localhost:5080\"";

    /// <summary>Restoring and building on a slow machine.</summary>
    private static readonly TimeSpan PackageLimit = TimeSpan.FromMinutes(3);

    private static readonly Document Clients = new("docs/clients.md");

    [Test]
    public async Task The_csharp_snippet_acknowledges_what_it_prints(CancellationToken cancel)
    {
        Assert.That(Lines(SnippetSource()),
            Is.EqualTo(Lines(Clients.BlockOf("csharp").Replace(Address, "server", StringComparison.Ordinal))));

        await using var server = await TestServer.StartAsync(cancel: cancel);
        var token = Tokens.For("ann");
        await server.PublishAsync("ann", "1", cancel);
        Assert.That(await UnreadAsync(server, token, cancel), Is.EqualTo(1));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var reading = ReadAsync(server.Address.AbsoluteUri, _ => new(token), stop.Token);
        await Eventually.True("the order is acknowledged", async () => await UnreadAsync(server, token, cancel) == 0, cancel);
        await stop.CancelAsync();
        Assert.That(async () => await reading, Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task The_typescript_snippet_type_checks(CancellationToken cancel)
    {
        var (code, output) = await ReadmeTypeScriptTests.CheckAsync(Clients.BlockOf("typescript"), cancel);
        Assert.That(code, Is.Zero, output);
    }

    [Category("Campaign")]
    [TestCase("pack", "packages/Realtime.Client.0.0.0-dev.nupkg")]
    [TestCase("npm", "packages/realtime-order-feed-*.tgz")]
    public async Task Its_commands_make_a_package(string block, string made, CancellationToken cancel)
    {
        Requires.Campaigns();
        var folder = Directory.CreateTempSubdirectory("hub-package-");
        try
        {
            using var bash = new BashSession(PackageLimit);
            // A copy: what the commands make must not come between other tests.
            await bash.RunAsync($"cd '{Repository.Root}'", cancel);
            await bash.RunAsync($"git ls-files -z Hub.Client Directory.* LICENSE BannedSymbols.txt global.json .editorconfig "
                + $"| xargs -0 cp --parents -t '{folder.FullName}'", cancel);
            await bash.RunAsync($"cd '{folder.FullName}'", cancel);
            await bash.RunAsync(Clients.BlockOf(block), cancel);
            Assert.That(Directory.EnumerateFiles(Path.Combine(folder.FullName, Path.GetDirectoryName(made)!), Path.GetFileName(made)),
                Is.Not.Empty);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    // The lines between the marks are the snippet of the page.
    private static async Task ReadAsync(string server, Func<CancellationToken, ValueTask<string>> GetTokenAsync, CancellationToken cancel)
    {
        // snippet
        await using var feed = await OrderFeed.ConnectAsync(new()
        {
            Server = new(server),
            Token = GetTokenAsync,
            StartFrom = StartFrom.Earliest,
            OnStateChanged = state => Console.WriteLine($"{state.Phase} {state.Reason}"),
        }, cancel);
        await foreach (var order in feed.ReadAllAsync(cancel))
        {
            Console.WriteLine($"{order.Type} {order.OrderId}");
            await feed.AcknowledgeAsync(order, cancel);           // seen, on all devices of the user
        }
        // end
    }

    private static string SnippetSource([CallerFilePath] string file = "") =>
        File.ReadAllText(Repository.PathOf("Hub.Tests/Conventions/" + Path.GetFileName(file))).Split("        // snippet\n")[1]
            .Split("        // end\n")[0];

    private static string[] Lines(string code) => code.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static async Task<long> UnreadAsync(ServerProcess server, string token, CancellationToken cancel)
    {
        using var request = TestServer.Request(HttpMethod.Get, "/api/notifications/unread", token);
        using var answer = await server.Http.SendAsync(request, cancel);
        return System.Text.Json.JsonDocument.Parse(await answer.Content.ReadAsStringAsync(cancel)).RootElement.GetProperty("unread")
            .GetInt64();
    }
}
