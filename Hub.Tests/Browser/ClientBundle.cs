using System.Diagnostics;
using Realtime.Tests.Support;

namespace Realtime.Tests.Browser;

/// <summary>The TypeScript client as one module, bundled from its sources.</summary>
internal static class ClientBundle
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    /// <summary>For a browser, with the packages that it needs. Bundles once.</summary>
    public static Lazy<Task<string>> Text { get; } = new(async () =>
    {
        var output = Path.GetTempFileName();
        try
        {
            await BuildAsync($"--outfile={output}", "--allow-overwrite");
            return await File.ReadAllTextAsync(output);
        }
        finally
        {
            File.Delete(output);
        }
    });

    /// <summary>The path of a module for Node, beside the packages that it needs. Bundles once.</summary>
    public static Lazy<Task<string>> ForNode { get; } = new(async () =>
    {
        const string output = "node_modules/.cache/order-feed.mjs";
        await BuildAsync("--platform=node", "--packages=external", $"--outfile={output}");
        return Path.Combine(Folder, output);
    });

    private static string Folder => Repository.PathOf("Hub.Client/typescript");

    private static async Task BuildAsync(params string[] options)
    {
        Requires.Command("node");
        Requires.NpmPackages("Hub.Client/typescript");
        await RunAsync(Path.Combine(Folder, "node_modules/esbuild/bin/esbuild"), ["src/index.ts", "--bundle", "--format=esm", "--target=es2022", .. options]);
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using var process = ChildProcess.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = Folder });
        Assert.That(await process.ExitAsync(Limit), Is.Zero, process.Output);
    }
}
