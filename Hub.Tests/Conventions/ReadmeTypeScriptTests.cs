using System.Diagnostics;
using System.Text.Json;
using Realtime.Tests.Support;

namespace Realtime.Tests.Conventions;

/// <summary>The README's TypeScript, checked by the client's own compiler against the client's own sources.</summary>
[CancelAfter(120_000)]
internal sealed class ReadmeTypeScriptTests
{
    private const string Client = "Hub.Client/typescript";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>What the snippet takes from the page around it.</summary>
    private const string Beside = """
        declare function getToken(): Promise<string>;
        declare function warn(gap: import("@realtime/order-feed").Gap): void;
        declare function show(state: import("@realtime/order-feed").FeedState): void;
        declare function handle(order: import("@realtime/order-feed").Notification): Promise<void>;
        """;

    [Test]
    public async Task The_typescript_snippet_type_checks(CancellationToken cancel)
    {
        var (code, output) = await CheckAsync(Readme.BlockOf("typescript"), cancel);
        Assert.That(code, Is.Zero, output);
    }

    [Test]
    public async Task A_mistake_in_it_would_be_seen(CancellationToken cancel)
    {
        var (code, output) = await CheckAsync(Readme.BlockOf("typescript").Replace("onGap", "onGpa", StringComparison.Ordinal), cancel);
        Assert.That(code, Is.Not.Zero);
        Assert.That(output, Does.Contain("'onGpa' does not exist"));
    }

    /// <summary>Type-checks a snippet. Names that it takes from the page around it are declared.</summary>
    public static async Task<(int Code, string Output)> CheckAsync(string snippet, CancellationToken cancel)
    {
        Requires.NpmPackages(Client);
        var folder = Directory.CreateTempSubdirectory("hub-ts-");
        try
        {
            await WriteAsync("snippet.ts", snippet);
            await WriteAsync("beside.d.ts", Beside);
            await WriteAsync("tsconfig.json", JsonSerializer.Serialize(new
            {
                extends = Repository.PathOf($"{Client}/tsconfig.json"),
                compilerOptions = new
                {
                    types = Array.Empty<string>(),
                    paths = new Dictionary<string, string[]> { ["@realtime/order-feed"] = [Repository.PathOf($"{Client}/src/index.ts")] },
                },
                include = new List<string> { "*.ts" },
            }));
            using var check = ChildProcess.Start(new ProcessStartInfo(
                Requires.Command("node"), [Repository.PathOf($"{Client}/node_modules/typescript/bin/tsc"), "-p", folder.FullName]));
            return (await check.ExitAsync(Limit, cancel), check.Output);
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        Task WriteAsync(string file, string text) => File.WriteAllTextAsync(Path.Combine(folder.FullName, file), text, cancel);
    }
}
