namespace Realtime.Tests.Support;

/// <summary>The source text of a project, for tests of its structure.</summary>
internal static class Sources
{
    /// <summary>Its C# files, by their path from the root with forward slashes.</summary>
    public static IEnumerable<(string Path, string Text)> Of(string project) => Directory
        .EnumerateFiles(Repository.PathOf(project), "*.cs", SearchOption.AllDirectories)
        .Select(file => (Path: System.IO.Path.GetRelativePath(Repository.Root, file).Replace('\\', '/'), File: file))
        .Where(file => !file.Path.Contains("/bin/", StringComparison.Ordinal) && !file.Path.Contains("/obj/", StringComparison.Ordinal))
        .Select(file => (file.Path, File.ReadAllText(file.File)));

    /// <summary>The same, without programs that only use the project and are built apart from it.</summary>
    public static IEnumerable<(string Path, string Text)> WithoutSamplesOf(string project) =>
        Of(project).Where(file => !file.Path.StartsWith($"{project}/samples/", StringComparison.Ordinal));
}
