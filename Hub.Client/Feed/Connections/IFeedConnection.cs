using Realtime.Client.Feed.Items;

namespace Realtime.Client.Feed.Connections;

/// <summary>One connection to the server, opened once.</summary>
internal interface IFeedConnection : IAsyncDisposable
{
    /// <summary>The reconnect delay that the server asked for in case the stream breaks; null: none.</summary>
    TimeSpan? ReconnectIn { get; }

    /// <summary>Connects, if the transport connects before it subscribes.</summary>
    Task OpenAsync(CancellationToken cancel);

    /// <summary>
    /// Everything after a position, and finally what is live. Leaving the enumeration ends the subscription; then another one may start.
    /// </summary>
    /// <param name="after">Where to start, as on the wire: a cursor, <c>latest</c>, <c>earliest</c> or null.</param>
    /// <exception cref="CursorRefusedException">The server refuses this cursor.</exception>
    /// <exception cref="TimeoutException">The server has been silent for too long.</exception>
    IAsyncEnumerable<WireItem> SubscribeAsync(string? after, CancellationToken cancel);

    /// <summary>
    /// Gets an answer from the server over this connection while it is subscribed. Throws if there is none, or if this connection cannot
    /// ask.
    /// </summary>
    Task TestAsync(CancellationToken cancel);
}

/// <summary>The server refuses the cursor: it is malformed, or another user's.</summary>
internal sealed class CursorRefusedException(Exception cause) : Exception("The server does not know the saved position.", cause);
