using System.Diagnostics;
using Realtime.Tests.Support;

namespace Realtime.Tests.Deploy;

/// <summary>
/// The first complete version of the server, built from this repository's own history: current nodes must work together with it.
/// </summary>
internal static class FirstVersion
{
    public const string Commit = "e4c6052";

    /// <summary>Time for a build, and for a restore if the packages of that version must be downloaded.</summary>
    private static readonly TimeSpan BuildLimit = TimeSpan.FromMinutes(5);

    private static readonly string Folder = Repository.PathOf($"artifacts/{Commit}");

    /// <summary>Builds it, unless an earlier run has built it.</summary>
    /// <returns>The path of its <c>Hub.Server.dll</c>.</returns>
    public static async Task<string> BuildAsync()
    {
        var assembly = Path.Combine(Folder, "server", "Hub.Server.dll");
        if (File.Exists(assembly)) return assembly;
        var git = Requires.Command("git");
        if (await RunAsync(git, "-C", Repository.Root, "cat-file", "-e", $"{Commit}^{{commit}}") is not null)
            Requires.Lacks($"this clone lacks the commit {Commit}; git fetch --unshallow gets it");

        // Build in another folder and move the result, so that an interrupted build never counts as complete.
        var sources = Path.Combine(Folder, "sources");
        var output = Path.Combine(Folder, "building");
        if (Directory.Exists(Folder)) Directory.Delete(Folder, recursive: true);
        Directory.CreateDirectory(sources);
        await SucceedsAsync(git, "-C", Repository.Root, "archive", "--output", $"{Folder}/sources.tar", Commit);
        await System.Formats.Tar.TarFile.ExtractToDirectoryAsync($"{Folder}/sources.tar", sources, overwriteFiles: false);
        await SucceedsAsync(
            DotNetHost.Path, "publish", Path.Combine(sources, "Hub.Server"), "--configuration", "Release", "--output", output,
            "-p:BuildDashboard=false", "-p:UseSharedCompilation=false", "-nodeReuse:false", "-p:ContinuousIntegrationBuild=false");
        Directory.Move(output, Path.GetDirectoryName(assembly)!);
        return assembly;
    }

    private static async Task SucceedsAsync(string program, params string[] arguments)
    {
        if (await RunAsync(program, arguments) is { } output)
            Assert.Fail($"{Path.GetFileName(program)} {string.Join(' ', arguments)} failed:\n{output}");
    }

    /// <returns>Null, or the output of the build that failed.</returns>
    private static async Task<string?> RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = Repository.Root };
        DotNetHost.ForgetServerVariables(start);
        using var process = ChildProcess.Start(start);
        return await process.ExitAsync(BuildLimit) == 0 ? null : process.Output;
    }
}
