using System.Text.Json;
using Realtime.Tests.Support;

namespace Realtime.Tests.Packages;

/// <summary>An application that is empty but for the packed client, as a user of it makes one.</summary>
internal sealed class ViteApp : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("hub-vite-");

    private ViteApp()
    {
    }

    /// <param name="client">The packed client.</param>
    /// <param name="signalR">A version of its dependency.</param>
    /// <param name="cancel">Ends the wait.</param>
    public static async Task<ViteApp> CreateAsync(NpmPackage client, string signalR, CancellationToken cancel)
    {
        var app = new ViteApp();
        try
        {
            // Vite and the compiler in the versions that the page is built with.
            using var page = JsonDocument.Parse(
                await File.ReadAllTextAsync(Repository.PathOf("Hub.Server/Dashboard/app/package.json"), cancel));
            var tools = page.RootElement.GetProperty("devDependencies");
            await app.WriteAsync("package.json", """{ "private": true, "type": "module" }""", cancel);
            await app.RunAsync("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error", client.File,
                $"@microsoft/signalr@{signalR}", .. ((string[])["vite", "typescript"]).Select(name => $"{name}@{tools.GetProperty(name)}")],
                cancel);
            await app.WriteAsync("index.html", """<!doctype html><script type="module" src="/main.ts"></script>""", cancel);
            return app;
        }
        catch
        {
            app.Dispose();
            throw;
        }
    }

    public Task WriteAsync(string file, string text, CancellationToken cancel) =>
        File.WriteAllTextAsync(Path.Combine(_folder.FullName, file), text, cancel);

    /// <summary>Builds it; returns the script.</summary>
    public async Task<string> BuildAsync(CancellationToken cancel)
    {
        await RunAsync("node", ["node_modules/vite/bin/vite.js", "build"], cancel);
        return await File.ReadAllTextAsync(
            Directory.EnumerateFiles(Path.Combine(_folder.FullName, "dist", "assets"), "*.js").Single(), cancel);
    }

    /// <summary>Checks the types of its sources and of those that the client declares.</summary>
    /// <param name="resolution">How modules are found, as the compiler calls it.</param>
    /// <param name="cancel">Ends the wait.</param>
    public async Task<(int Code, string Output)> CheckAsync(string resolution, CancellationToken cancel)
    {
        await WriteAsync("tsconfig.json", JsonSerializer.Serialize(new
        {
            compilerOptions = new
            {
                target = "ES2022",
                module = resolution == "nodenext" ? "nodenext" : "esnext",
                moduleResolution = resolution,
                lib = (string[])["ES2023", "DOM", "DOM.AsyncIterable"],
                types = Array.Empty<string>(),
                strict = true,
                noEmit = true,
            },
            include = (string[])["*.ts"],
        }), cancel);
        return await NpmPackage.RunAsync(_folder.FullName, "node", ["node_modules/typescript/bin/tsc", "-p", "."], null, cancel);
    }

    /// <summary>Runs a script with Node.</summary>
    /// <returns>What it printed.</returns>
    public Task<string> RunScriptAsync(string file, CancellationToken cancel) => RunAsync("node", [file], cancel);

    public void Dispose() => _folder.Delete(recursive: true);

    private async Task<string> RunAsync(string program, string[] arguments, CancellationToken cancel)
    {
        var (code, output) = await NpmPackage.RunAsync(_folder.FullName, program, arguments, null, cancel);
        Assert.That(code, Is.Zero, output);
        return output;
    }
}
