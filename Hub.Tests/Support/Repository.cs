namespace Realtime.Tests.Support;

/// <summary>Where the sources are that these tests were built from.</summary>
internal static class Repository
{
    /// <summary>The folder of <c>Realtime.sln</c>.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The full path of something in the repository.</summary>
    public static string PathOf(string relative) => Path.Combine(Root, relative);

    /// <summary>
    /// A project's build output of the same configuration as these tests', e.g. <c>Hub.Server</c>'s <c>Hub.Server.dll</c>.
    /// </summary>
    /// <remarks>Not the copy beside the tests: that one lacks what is not an assembly.</remarks>
    public static string BuildOutputOf(string project)
    {
        var own = AppContext.BaseDirectory;
        var configuration = own[(own.LastIndexOf($"{Path.DirectorySeparatorChar}bin{Path.DirectorySeparatorChar}", StringComparison.Ordinal) + 1)..];   // bin/Debug/net10.0/
        return Path.Combine(PathOf(project), configuration, $"{Path.GetFileName(project)}.dll");
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Realtime.sln"))) return folder.FullName;
        throw new InvalidOperationException($"No Realtime.sln above {AppContext.BaseDirectory}: run the tests from their build output.");
    }
}
