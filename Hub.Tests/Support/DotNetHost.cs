using System.Diagnostics;

namespace Realtime.Tests.Support;

/// <summary>The <c>dotnet</c> command and the variables that it and a server read.</summary>
internal static class DotNetHost
{
    // What a developer's shell may have set, and what `dotnet test` hands to its children.
    private static readonly string[] Prefixes = ["ASPNETCORE_", "HUB__", "CONNECTIONSTRINGS__", "LOGGING__", "MSBUILD", "VSTEST_",
        "KESTREL__"];
    private static readonly string[] Names = ["DOTNET_ENVIRONMENT", "DOTNET_URLS", "URLS", "HTTP_PORTS", "HTTPS_PORTS",
        "DOTNET_STARTUP_HOOKS"];

    /// <summary>The one that runs these tests, if they were started by it.</summary>
    public static string Path { get; } = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";

    /// <summary>Lets the child decide by its own settings, whatever was set around the tests.</summary>
    public static void ForgetServerVariables(ProcessStartInfo start)
    {
        foreach (var name in start.Environment.Keys.ToList())
        {
            if (Names.Contains(name, StringComparer.OrdinalIgnoreCase) ||
                Prefixes.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))) start.Environment.Remove(name);
        }
    }
}
