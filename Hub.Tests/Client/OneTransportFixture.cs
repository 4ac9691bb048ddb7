using Realtime.Client;

namespace Realtime.Tests.Client;

/// <summary>Feeds of one transport, whose states and requests a test looks at.</summary>
internal abstract class OneTransportFixture(Transport transport) : OrderFeedFixture
{
    protected Transport Transport => transport;

    protected States States { get; private set; } = null!;

    protected RequestCounter Requests { get; private set; } = null!;

    [SetUp]
    public void CountFromZero() => (States, Requests) = (new(), new());

    protected OrderFeedOptions Only() =>
        Options() with { Transports = [transport], OnStateChanged = States.Add, ConfigureHandler = Requests.Configure };
}
