using System.IO.Compression;
using System.Xml.Linq;

namespace Realtime.Tests.Conventions;

/// <summary>The .NET client, packed as a release packs it, and projects that install it from there.</summary>
internal sealed class PackedClient : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("hub-packed-");

    private PackedClient() { }

    private string Feed => Path.Combine(_folder.FullName, "feed");

    /// <param name="root">The sources.</param>
    /// <param name="settings">More of MSBuild's options.</param>
    public static async Task<PackedClient> MakeAsync(string root, CancellationToken cancel, params string[] settings)
    {
        var packed = new PackedClient();
        try
        {
            await DotNetCommand.RunAsync(root, cancel, ["pack", Path.Combine(root, "Hub.Client"), "-o", packed.Feed, .. settings]);
            return packed;
        }
        catch
        {
            packed.Dispose();
            throw;
        }
    }

    /// <summary>The path of a packed file, such as the one that ends in <c>.nupkg</c>.</summary>
    public string FileOf(string extension) => Directory.EnumerateFiles(Feed, "Realtime.Client.*" + extension).Single();

    public ZipArchive Open(string extension) => ZipFile.OpenRead(FileOf(extension));

    /// <summary>What the package says of itself, by element.</summary>
    public XElement Manifest()
    {
        using var package = Open(".nupkg");
        using var stream = package.GetEntry("Realtime.Client.nuspec")!.Open();
        var manifest = XDocument.Load(stream).Root!;
        return manifest.Element(manifest.Name.Namespace + "metadata")!;
    }

    /// <summary>Builds a project that installs the package, from nothing but the package and what these tests were built from.</summary>
    /// <param name="framework">Its target.</param>
    /// <param name="output">Exe or Library.</param>
    /// <param name="items">More of the project.</param>
    /// <param name="files">C# sources by name.</param>
    /// <returns>The folder of what was built.</returns>
    public async Task<string> BuildAsync(
        string framework, string output, string items, IReadOnlyDictionary<string, string> files, CancellationToken cancel)
    {
        var folder = Path.Combine(_folder.FullName, framework);
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(Path.Combine(folder, "Program.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <TargetFramework>{framework}</TargetFramework>
                <OutputType>{output}</OutputType>
                <LangVersion>latest</LangVersion>
                <Nullable>enable</Nullable>
                <ImplicitUsings>enable</ImplicitUsings>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
                <NuGetAudit>false</NuGetAudit>
                <RestoreSources>{Feed}</RestoreSources>
                <RestorePackagesPath>{Path.Combine(_folder.FullName, "installed")}</RestorePackagesPath>
                <RestoreFallbackFolders>{InstalledPackages()}</RestoreFallbackFolders>
                <OutputPath>out/</OutputPath>
                <AppendTargetFrameworkToOutputPath>false</AppendTargetFrameworkToOutputPath>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="Realtime.Client" Version="*-*" />
                {items}
              </ItemGroup>
            </Project>
            """, cancel);
        foreach (var (name, text) in files) await File.WriteAllTextAsync(Path.Combine(folder, name), text, cancel);
        await DotNetCommand.RunAsync(folder, cancel, "build", "-v", "q");
        return Path.Combine(folder, "out");
    }

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>Where the build of these tests put the packages that it needed.</summary>
    private static string InstalledPackages() => Environment.GetEnvironmentVariable("NUGET_PACKAGES")
        ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
}
