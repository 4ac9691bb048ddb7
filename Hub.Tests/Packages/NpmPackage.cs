using System.Diagnostics;
using Realtime.Tests.Support;

namespace Realtime.Tests.Packages;

/// <summary>The TypeScript client as npm packs it, from a copy of its folder: packing must not come between other tests.</summary>
internal sealed class NpmPackage : IDisposable
{
    private const string Client = "Hub.Client/typescript";

    // Compiling and restoring on a slow machine.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("hub-npm-");

    private NpmPackage()
    {
    }

    /// <summary>The packed file.</summary>
    public string File { get; private set; } = "";

    /// <param name="repository">What a release sets as <c>RealtimeRepositoryUrl</c>; null: it is not set.</param>
    /// <param name="tag">The tag of the release, whose version the package gets; null: it is packed as it is.</param>
    public static async Task<NpmPackage> PackAsync(string? repository, CancellationToken cancel, string? tag = null)
    {
        Requires.NpmPackages(Client);
        var package = new NpmPackage();
        try
        {
            var client = await package.CopyAsync(cancel);
            if (tag is not null) await package.TagAsync(client, tag, cancel);
            var (code, output) = await RunAsync(client, "npm", ["pack"], repository, cancel);
            Assert.That(code, Is.Zero, output);
            Assert.That(System.IO.File.Exists(Path.Combine(client, "LICENSE")), Is.False, "what was made for the package is left behind");
            package.File = Directory.EnumerateFiles(client, "*.tgz").Single();
            return package;
        }
        catch
        {
            package.Dispose();
            throw;
        }
    }

    /// <summary>Packs in vain.</summary>
    /// <returns>What npm printed.</returns>
    public static async Task<string> FailToPackAsync(string repository, CancellationToken cancel)
    {
        Requires.NpmPackages(Client);
        using var package = new NpmPackage();
        var client = await package.CopyAsync(cancel);
        var (code, output) = await RunAsync(client, "npm", ["pack"], repository, cancel);
        Assert.That(code, Is.Not.Zero, output);
        return output;
    }

    /// <summary>A file of the package.</summary>
    public async Task<string> ReadAsync(string file, CancellationToken cancel)
    {
        using var tar = ChildProcess.Start(new ProcessStartInfo(Requires.Command("tar"), ["-xzOf", File, $"package/{file}"]));
        Assert.That(await tar.ExitAsync(Limit, cancel), Is.Zero, tar.Output);
        return tar.Output;
    }

    /// <summary>What publint says of the package.</summary>
    public Task<(int Code, string Output)> LintAsync(CancellationToken cancel) =>
        RunAsync(_folder.FullName, "node", [Repository.PathOf($"{Client}/node_modules/publint/src/cli.js"), "run", File, "--strict"], null,
            cancel);

    /// <summary>Runs a program of Node in a folder.</summary>
    /// <param name="repository">As for <see cref="PackAsync"/>.</param>
    public static async Task<(int Code, string Output)> RunAsync(
        string folder, string program, string[] arguments, string? repository, CancellationToken cancel)
    {
        var start = new ProcessStartInfo(Requires.Command(program), arguments) { WorkingDirectory = folder };
        start.Environment.Remove("RealtimeRepositoryUrl");
        if (repository is not null) start.Environment["RealtimeRepositoryUrl"] = repository;
        using var process = ChildProcess.Start(start);
        return (await process.ExitAsync(Limit, cancel), process.Output);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private async Task TagAsync(string client, string tag, CancellationToken cancel)
    {
        string[] git = ["-C", _folder.FullName, "-c", "user.name=Test", "-c", "user.email=test@example.com"];
        await Commands.RunAsync("git", [.. git, "init", "-q"]);
        await Commands.RunAsync("git", [.. git, "add", "LICENSE"]);
        await Commands.RunAsync("git", [.. git, "commit", "-q", "-m", "Release"]);
        await Commands.RunAsync("git", [.. git, "tag", tag]);
        var (code, output) = await RunAsync(client, "npm", ["version", "from-git", "--no-git-tag-version"], null, cancel);
        Assert.That(code, Is.Zero, output);
    }

    private async Task<string> CopyAsync(CancellationToken cancel)
    {
        using var git = ChildProcess.Start(new ProcessStartInfo(Requires.Command("git"),
            ["-C", Repository.Root, "ls-files", "--cached", "--others", "--exclude-standard", Client, "LICENSE", "Directory.Build.props"]));
        Assert.That(await git.ExitAsync(Limit, cancel), Is.Zero, git.Output);
        foreach (var name in git.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var copy = Path.Combine(_folder.FullName, name);
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            System.IO.File.Copy(Repository.PathOf(name), copy);
        }
        var client = Path.Combine(_folder.FullName, Client);
        Directory.CreateSymbolicLink(Path.Combine(client, "node_modules"), Repository.PathOf($"{Client}/node_modules"));
        return client;
    }
}
