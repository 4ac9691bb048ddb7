using System.Diagnostics;
using Realtime.Tests.Support;

namespace Realtime.Tests.Browser;

/// <summary>The TypeScript client as one module for a browser, bundled from its sources.</summary>
internal static class ClientBundle
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    /// <summary>Bundles once; restores the client's packages first if they are missing.</summary>
    public static Lazy<Task<string>> Text { get; } = new(BuildAsync);

    private static async Task<string> BuildAsync()
    {
        Requires.Command("node");
        var folder = Repository.PathOf("Hub.Client/typescript");
        var bundler = Path.Combine(folder, "node_modules/esbuild/bin/esbuild");
        if (!File.Exists(bundler)) await RunAsync(folder, Requires.Command("npm"), "ci", "--no-audit", "--no-fund");
        var output = Path.GetTempFileName();
        try
        {
            await RunAsync(
                folder, bundler, "src/index.ts", "--bundle", "--format=esm", "--target=es2022", $"--outfile={output}", "--allow-overwrite");
            return await File.ReadAllTextAsync(output);
        }
        finally
        {
            File.Delete(output);
        }
    }

    private static async Task RunAsync(string folder, string program, params string[] arguments)
    {
        using var process = ChildProcess.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = folder });
        Assert.That(await process.ExitAsync(Limit), Is.Zero, process.Output);
    }
}
