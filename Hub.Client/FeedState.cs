namespace Realtime.Client;

/// <summary>Where a feed is, for people to see.</summary>
/// <param name="Phase">What it is doing.</param>
public sealed record FeedState(FeedPhase Phase)
{
    /// <summary>What carries the notifications; null: not connected, or a connection that was built elsewhere.</summary>
    public Transport? Transport { get; init; }

    /// <summary>How many connections in a row have failed, or ended soon; 0 while one stands.</summary>
    public int Attempt { get; init; }

    /// <summary>When it tries again (<see cref="FeedPhase.Reconnecting"/>); null: no wait.</summary>
    public DateTimeOffset? ReconnectAt { get; init; }

    /// <summary>How long that was away when the wait began.</summary>
    public TimeSpan? ReconnectIn { get; init; }

    /// <summary>Why it is reconnecting or closed; null where there is nothing to say.</summary>
    public string? Reason { get; init; }

    /// <summary>The failure behind <see cref="Reason"/>, if there was one.</summary>
    public Exception? Error { get; init; }
}

/// <summary>What a feed is doing.</summary>
public enum FeedPhase
{
    /// <summary>It asks for a token and opens a connection.</summary>
    Connecting,

    /// <summary>It is connected, and has not yet given out all that was missed.</summary>
    CatchingUp,

    /// <summary>It is connected, and has given out everything: what comes now is new.</summary>
    Live,

    /// <summary>The connection is lost, and the next try is <see cref="FeedState.ReconnectIn"/> away.</summary>
    Reconnecting,

    /// <summary>For good: the feed was disposed, or the server refused the user.</summary>
    Closed,
}
