using Realtime.Client.Feed.Items;

namespace Realtime.Client.Feed.Connections;

/// <summary>One connection to the server, opened once.</summary>
internal interface IFeedConnection : IAsyncDisposable
{
    /// <summary>After how long the server would like to see the reader again, should the stream break off; null: it did not say.</summary>
    TimeSpan? ReconnectIn { get; }

    /// <summary>Connects, as far as that is something apart from subscribing.</summary>
    Task OpenAsync(CancellationToken cancel);

    /// <summary>
    /// Everything behind a place, live in the end. To leave the enumeration ends the subscription; then there may be another.
    /// </summary>
    /// <param name="after">The wire's word for where to start: a cursor, <c>latest</c>, <c>earliest</c> or null.</param>
    /// <exception cref="CursorRefusedException">The server does not take this cursor.</exception>
    /// <exception cref="TimeoutException">The server has been silent for too long.</exception>
    IAsyncEnumerable<WireItem> SubscribeAsync(string? after, CancellationToken cancel);
}

/// <summary>The server does not take the cursor: it is malformed, or another user's.</summary>
internal sealed class CursorRefusedException(Exception cause) : Exception("The server does not know the saved position.", cause);
