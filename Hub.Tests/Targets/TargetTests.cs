using System.Reflection;
using System.Runtime.Versioning;
using Realtime.Client;

// The fixtures mostly wait for their servers.
[assembly: Parallelizable(ParallelScope.Fixtures)]
[assembly: LevelOfParallelism(4)]

namespace Realtime.Tests.Targets;

/// <summary>Which build of the client this project tests.</summary>
internal sealed class TargetTests
{
    [Test]
    public void The_client_under_test_is_the_build_for_this_target() => Assert.That(
        typeof(OrderFeed).Assembly.GetCustomAttribute<TargetFrameworkAttribute>()!.FrameworkName,
#if CLIENT_OF_FRAMEWORK
        Is.EqualTo(".NETStandard,Version=v2.0"));
#else
        Is.EqualTo(".NETCoreApp,Version=v8.0"));
#endif
}
