using System.Diagnostics;

namespace Realtime.Tests.Support;

/// <content>Containers.</content>
internal static partial class Requires
{
    /// <summary>
    /// Whether the lack of a container engine is a failure: where deploy/test.sh can start one, which is CI as root on Linux.
    /// </summary>
    public static bool MustHaveContainers => OnBuildServer && OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess;

    /// <summary>An engine that runs containers of Redis.</summary>
    public static async Task<ContainerEngine> ContainerEngineAsync()
    {
        var (engine, lack) = await ContainerEngine.FindOnceAsync();
        if (engine is not null) return engine;
        if (!MustHaveContainers) Assert.Ignore($"Not run: {lack}.");
        Lacks(lack);
        throw new UnreachableException();
    }
}
