namespace Realtime.Client.Feed.Connections;

/// <summary>Creates connections.</summary>
internal interface IConnector
{
    /// <summary>The transports to try, in this order, until one works; null: the given connection with any transport.</summary>
    IReadOnlyList<Transport?> Order();

    /// <summary>Creates a connection, not yet opened.</summary>
    /// <param name="token">A token that was just requested; null if the connection has its own.</param>
    IFeedConnection Create(Transport? transport, string? token);

    void Carries(Transport? transport, IReadOnlyList<Transport?> failedBefore);

    /// <inheritdoc cref="TransportChoice.Ended"/>
    void Ended(Transport? transport, bool fellSilent);
}
