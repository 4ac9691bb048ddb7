using System.Diagnostics;
using Realtime.Tests.Support;

namespace Realtime.Tests.Conventions;

/// <summary>
/// A console program of a user of <c>Hub.Client</c>, built without a network from what the build of these tests left.
/// </summary>
internal sealed class ConsoleProject : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("hub-console-");

    private ConsoleProject()
    {
    }

    /// <summary>Its working directory.</summary>
    public string Folder => _folder.FullName;

    /// <param name="files">C# sources by name.</param>
    public static async Task<ConsoleProject> BuildAsync(IReadOnlyDictionary<string, string> files, CancellationToken cancel)
    {
        var project = new ConsoleProject();
        try
        {
            await File.WriteAllTextAsync(Path.Combine(project.Folder, "Program.csproj"), Project(), cancel);
            foreach (var (name, text) in files) await File.WriteAllTextAsync(Path.Combine(project.Folder, name), text, cancel);
            await DotNetCommand.RunAsync(project.Folder, cancel, "build", "-v", "q", "-p:BuildProjectReferences=false");
            return project;
        }
        catch
        {
            project.Dispose();
            throw;
        }
    }

    public ChildProcess Start()
    {
        var start = new ProcessStartInfo(DotNetHost.Path, ["out/Program.dll"]) { WorkingDirectory = Folder };
        DotNetHost.ForgetServerVariables(start);
        return ChildProcess.Start(start);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    // No package source: what the client needs was restored with it.
    private static string Project() => $"""
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <OutputType>Exe</OutputType>
            <TargetFramework>net{Environment.Version.Major}.0</TargetFramework>
            <Nullable>enable</Nullable>
            <ImplicitUsings>enable</ImplicitUsings>
            <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
            <NuGetAudit>false</NuGetAudit>
            <RestoreSources>$(MSBuildProjectDirectory)</RestoreSources>
            <OutputPath>out/</OutputPath>
            <AppendTargetFrameworkToOutputPath>false</AppendTargetFrameworkToOutputPath>
          </PropertyGroup>
          <ItemGroup>
            <ProjectReference Include="{Repository.PathOf("Hub.Client/Hub.Client.csproj")}" />
          </ItemGroup>
        </Project>
        """;
}
