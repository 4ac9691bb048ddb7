using Realtime.Tests.Support;

namespace Realtime.Tests;

/// <summary>Runs around all tests.</summary>
[SetUpFixture]
internal sealed class SharedServerSetUp
{
    [OneTimeTearDown]
    public async Task StopSharedServerAsync() => await SharedServer.StopAsync();
}
