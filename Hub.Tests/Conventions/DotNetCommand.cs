using System.Diagnostics;
using System.Reflection;
using Realtime.Tests.Support;

namespace Realtime.Tests.Conventions;

/// <summary>Commands of the SDK that build beside these tests, in the configuration that these tests were built in.</summary>
internal static class DotNetCommand
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    private static readonly string Configuration =
        typeof(DotNetCommand).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;

    /// <summary>Runs a command to its end; fails the test, with what it printed, if it does not succeed.</summary>
    public static async Task RunAsync(string folder, CancellationToken cancel, params string[] arguments)
    {
        var start = new ProcessStartInfo(DotNetHost.Path,
            [.. arguments, "--nologo", "-nodeReuse:false", "-p:UseSharedCompilation=false", "-c", Configuration])
        { WorkingDirectory = folder };
        DotNetHost.ForgetServerVariables(start);
        using var command = ChildProcess.Start(start);
        Assert.That(await command.ExitAsync(Limit, cancel), Is.Zero, command.Output);
    }
}
