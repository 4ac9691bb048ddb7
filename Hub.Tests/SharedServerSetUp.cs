using Realtime.Tests.Support;

// Tests that run beside others, because they mostly wait, may be more than the processors.
[assembly: LevelOfParallelism(8)]

namespace Realtime.Tests;

/// <summary>Runs around all tests.</summary>
[SetUpFixture]
internal sealed class SharedServerSetUp
{
    [OneTimeTearDown]
    public async Task StopSharedServerAsync() => await SharedServer.StopAsync();
}
