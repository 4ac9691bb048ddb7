using Realtime.Client;
using Realtime.Tests.Delivery;
using Realtime.Tests.Support;

namespace Realtime.Tests.Client;

/// <summary>A real server for all tests of a fixture, and a user for each.</summary>
[CancelAfter(120_000)]
internal abstract class OrderFeedFixture
{
    private static int _users;

    protected ServerProcess Server { get; private set; } = null!;

    protected string User { get; private set; } = null!;

    protected virtual IReadOnlyDictionary<string, string> Settings => new Dictionary<string, string>();

    [OneTimeSetUp]
    public async Task StartServer() => Server = await TestServer.StartAsync(Settings);

    [OneTimeTearDown]
    public async Task StopServer() => await Server.DisposeAsync();

    [SetUp]
    public async Task NewUser()
    {
        User = $"feed-{Interlocked.Increment(ref _users)}";
        // A test that stops the server and fails must not fail the others.
        if (Server.HasExited) await Server.StartAgainAsync();
    }

    protected OrderFeedOptions Options(Uri? server = null) => new OrderFeedOptions
    {
        Server = server ?? Server.Address,
        Token = _ => new(Tokens.For(User)),
    }.Direct();
}
