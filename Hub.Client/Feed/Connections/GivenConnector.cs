using Microsoft.AspNetCore.SignalR.Client;

namespace Realtime.Client.Feed.Connections;

/// <summary>Always uses the given connection.</summary>
internal sealed class GivenConnector(HubConnection hub, TimeProvider time) : IConnector
{
    public IReadOnlyList<Transport?> Order() => [null];

    public IFeedConnection Create(Transport? transport, string? token) => new GivenConnection(hub, time);

    public void Carries(Transport? transport, IReadOnlyList<Transport?> failedBefore) { }

    public void Ended(Transport? transport, bool fellSilent) { }
}
