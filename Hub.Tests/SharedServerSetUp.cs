using System.Diagnostics;
using Realtime.Tests.Support;

// Tests that run beside others, because they mostly wait, may be more than the processors.
[assembly: LevelOfParallelism(8)]

namespace Realtime.Tests;

/// <summary>Runs around all tests.</summary>
[SetUpFixture]
internal sealed class SharedServerSetUp
{
    /// <summary>HTTP clients of the tests add no traceparent of this process: a test says itself what a caller traces.</summary>
    [OneTimeSetUp]
    public void PropagateNoTraces() => DistributedContextPropagator.Current = DistributedContextPropagator.CreateNoOutputPropagator();

    [OneTimeTearDown]
    public async Task StopSharedServerAsync() => await SharedServer.StopAsync();
}
