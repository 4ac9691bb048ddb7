using System.Diagnostics;
using Realtime.Tests.Support;

namespace Realtime.Tests.Conventions;

/// <summary>A console program of somebody who uses <c>Hub.Client</c>, built from nothing but the SDK and what the build of these tests left.</summary>
internal sealed class ConsoleProject : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

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
            using var build = project.Run("build", "-v", "q", "--nologo", "-nodeReuse:false", "-p:UseSharedCompilation=false", "-o", "out");
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
        var start = new ProcessStartInfo(DotNet.Path, arguments) { WorkingDirectory = Folder };
        DotNet.ForgetServerVariables(start);
        return ChildProcess.Start(start);
    }

    // No package source: the client and its one package stand beside the tests, and the rest is the shared framework.
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
          </PropertyGroup>
          <ItemGroup>
            <FrameworkReference Include="Microsoft.AspNetCore.App" />
            <Reference Include="{AppContext.BaseDirectory}/Hub.Client.dll;{AppContext.BaseDirectory}/Microsoft.AspNetCore.SignalR.Client.Core.dll" />
          </ItemGroup>
        </Project>
        """;
}
