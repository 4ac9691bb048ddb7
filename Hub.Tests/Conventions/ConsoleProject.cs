using System.Diagnostics;
using System.Reflection;
using Realtime.Tests.Support;

namespace Realtime.Tests.Conventions;

/// <summary>
/// A console program of a user of <c>Hub.Client</c>, built without a network from what the build of these tests left.
/// </summary>
internal sealed class ConsoleProject : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    /// <summary>The one in which the client was built with these tests.</summary>
    private static readonly string Configuration =
        typeof(ConsoleProject).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;

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
            using var build = project.Run("build", "-v", "q", "--nologo", "-nodeReuse:false", "-p:UseSharedCompilation=false",
                "-c", Configuration, "-p:BuildProjectReferences=false");
            Assert.That(await build.ExitAsync(Limit, cancel), Is.Zero, build.Output);
            return project;
        }
        catch
        {
            project.Dispose();
            throw;
        }
    }

    public ChildProcess Start() => Run("out/Program.dll");

    public void Dispose() => _folder.Delete(recursive: true);

    private ChildProcess Run(params string[] arguments)
    {
        var start = new ProcessStartInfo(DotNetHost.Path, arguments) { WorkingDirectory = Folder };
        DotNetHost.ForgetServerVariables(start);
        return ChildProcess.Start(start);
    }

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
