using System.Diagnostics;

namespace Realtime.Tests.Support;

/// <content>Containers.</content>
internal static partial class Requires
{
    /// <summary>An engine that runs containers of Redis.</summary>
    public static async Task<ContainerEngine> ContainerEngineAsync()
    {
        var (engine, lack) = await ContainerEngine.FindOnceAsync();
        if (engine is not null) return engine;
        Lacks(lack);
        throw new UnreachableException();
    }
}
