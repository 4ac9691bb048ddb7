namespace Realtime.Client.Feed.Connections;

/// <summary>Where connections come from.</summary>
internal interface IConnector
{
    /// <summary>What to try until one carries, in this order; null: the one connection there is, whatever carries it.</summary>
    IReadOnlyList<Transport?> Order();

    /// <summary>Makes a connection that is to be opened.</summary>
    /// <param name="token">Asked for just now; null where the connection has its own.</param>
    IFeedConnection Create(Transport? transport, string? token);

    void Carries(Transport? transport, IReadOnlyList<Transport?> failedBefore);

    /// <inheritdoc cref="TransportChoice.Ended"/>
    void Ended(Transport? transport, bool fellSilent);
}
