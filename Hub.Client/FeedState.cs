namespace Realtime.Client;

/// <summary>The state of a feed, to show to users.</summary>
/// <param name="Phase">What the feed is doing.</param>
public sealed record FeedState(FeedPhase Phase)
{
    /// <summary>
    /// The transport in use; null if the feed is not connected or uses a given <see cref="OrderFeedOptions.Connection"/>.
    /// </summary>
    public Transport? Transport { get; init; }

    /// <summary>How many connections in a row have failed or ended soon; 0 while one is open.</summary>
    public int Attempt { get; init; }

    /// <summary>When the feed tries again (<see cref="FeedPhase.Reconnecting"/>); null if it is not waiting.</summary>
    public DateTimeOffset? ReconnectAt { get; init; }

    /// <summary>The length of that wait when it began.</summary>
    public TimeSpan? ReconnectIn { get; init; }

    /// <summary>Why the feed is reconnecting or closed; null if there is no reason to report.</summary>
    public string? Reason { get; init; }

    /// <summary>The exception that led to <see cref="Reason"/>, if there was one.</summary>
    public Exception? Error { get; init; }
}

/// <summary>What a feed is doing.</summary>
public enum FeedPhase
{
    /// <summary>The feed gets a token and opens a connection.</summary>
    Connecting,

    /// <summary>The feed is connected, but has not yet delivered everything that was missed.</summary>
    CatchingUp,

    /// <summary>The feed is connected and has delivered everything that was missed: what follows is new.</summary>
    Live,

    /// <summary>The connection is lost; the next attempt follows after <see cref="FeedState.ReconnectIn"/>.</summary>
    Reconnecting,

    /// <summary>Final: the feed was disposed, or the server refused the user.</summary>
    Closed,
}
