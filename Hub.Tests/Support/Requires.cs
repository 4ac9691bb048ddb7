using System.Diagnostics;

namespace Realtime.Tests.Support;

/// <summary>
/// What a test needs from the machine. The one rule for all that may be absent (a program, a container engine, npm packages, a right, a
/// system): the test fails where <c>CI=true</c>, and elsewhere it is ignored with the reason.
/// </summary>
internal static partial class Requires
{
    // Debian installs servers into folders that are not on an ordinary user's PATH.
    private static readonly string[] ServerFolders = ["/usr/sbin", "/usr/local/sbin", "/sbin"];

    /// <summary>Whether what is absent is a failure.</summary>
    public static bool OnBuildServer => Environment.GetEnvironmentVariable("CI") == "true";

    /// <summary>A program, for example <c>redis-server</c>. Several names: any of them will do.</summary>
    /// <returns>Its full path.</returns>
    public static string Command(params string[] names)
    {
        if (Find(names) is { } path) return path;
        Lacks($"{string.Join(" or ", names)} is not installed; deploy/test.sh installs what the tests need");
        throw new UnreachableException();
    }

    /// <summary>The npm packages of a folder of this repository; <c>npm ci</c> restores them.</summary>
    public static void NpmPackages(string folder)
    {
        if (!Directory.Exists(Path.Combine(Repository.PathOf(folder), "node_modules")))
            Lacks($"the npm packages of {folder} are not restored; deploy/test.sh does it, or npm ci in that folder");
    }

    /// <summary>A system whose processes support signals.</summary>
    public static void Signals()
    {
        if (OperatingSystem.IsWindows()) Lacks("this test sends signals, which Windows does not have");
    }

    /// <summary>Linux, whose files in /proc and /dev and whose socket options have no counterpart elsewhere.</summary>
    public static void Linux()
    {
        if (!OperatingSystem.IsLinux()) Lacks("this test needs Linux");
    }

    /// <summary>A run that was asked to take long: <c>deploy/test.sh --campaigns</c>.</summary>
    /// <remarks>Such a test also carries <c>[Category("Campaign")]</c>, so that ordinary runs do not even list it.</remarks>
    public static void Campaigns()
    {
        if (Environment.GetEnvironmentVariable("HUB_CAMPAIGNS") != "1")
            Assert.Ignore("A long campaign; run it with deploy/test.sh --campaigns.");
    }

    /// <summary>The full path of the first program that is there, or null.</summary>
    public static string? Find(params string[] names)
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Concat(ServerFolders)
            .ToList();
        return names.SelectMany(name => folders.Select(folder => Path.Combine(folder, name))).FirstOrDefault(File.Exists);
    }

    /// <summary>Ends the test that cannot run here.</summary>
    public static void Lacks(string what) => Lacks(what, OnBuildServer);

    /// <inheritdoc cref="Lacks(string)"/>
    internal static void Lacks(string what, bool onBuildServer)
    {
        if (onBuildServer) Assert.Fail($"CI must run this test: {what}.");
        Assert.Ignore($"Not run: {what}.");
    }
}
