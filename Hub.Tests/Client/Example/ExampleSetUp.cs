using Realtime.Tests.Support;

namespace Shop.Tests;

/// <summary>What the example of docs/clients.md asks of its readers: the path of the server.</summary>
[SetUpFixture]
internal sealed class ExampleSetUp
{
    [OneTimeSetUp]
    public void NameServer() => Environment.SetEnvironmentVariable("HUB_SERVER", Repository.BuildOutputOf("Hub.Server"));
}
