using Microsoft.AspNetCore.SignalR.Client;

namespace Realtime.Client.Feed.Connections;

/// <summary>Uses the one connection that it was given.</summary>
internal sealed class GivenConnector(HubConnection hub, TimeProvider time) : IConnector
{
    public IReadOnlyList<Transport?> Order() => [null];

    public IFeedConnection Create(Transport? transport, string? token) => new GivenConnection(hub, time);

    public void Carries(Transport? transport, IReadOnlyList<Transport?> failedBefore) { }

    public void Ended(Transport? transport, bool fellSilent) { }
}
