namespace Realtime.Client;

/// <summary>Notifications that the reader should have had and that no longer exist. Delivery goes on behind them.</summary>
public sealed record OrderGap : OrderFeedItem
{
    /// <summary>
    /// Where they are missing; null: anywhere, because it is not known what the reader has (its cursor could not be read).
    /// </summary>
    public string? Topic { get; init; }

    /// <summary>The last sequence that the reader had; null if not known.</summary>
    public long? After { get; init; }

    /// <summary>
    /// The sequence that follows now; null if not known. Behind a <see cref="GapReason.Reset"/> it may be smaller than <see cref="After"/>.
    /// </summary>
    public long? Next { get; init; }

    /// <summary>Why they are missing.</summary>
    public required GapReason Reason { get; init; }
}

/// <summary>Why notifications are missing.</summary>
public enum GapReason
{
    /// <summary>They were older, or more, than the server keeps.</summary>
    Expired,

    /// <summary>
    /// Continuity is broken: the store lost data that it had handed out or began anew, or it is not known what the reader has.
    /// </summary>
    Reset,
}
