namespace Realtime.Client;

/// <summary>Notifications that the reader has missed and that no longer exist. Delivery continues after them.</summary>
public sealed record OrderGap : OrderFeedItem
{
    /// <summary>
    /// The topic in which they are missing. Null means any topic: the server could not read the cursor, so the reader's position is
    /// unknown.
    /// </summary>
    public string? Topic { get; init; }

    /// <summary>The last sequence that the reader received; null if unknown.</summary>
    public long? After { get; init; }

    /// <summary>
    /// The sequence that follows now; null if unknown. After a <see cref="GapReason.Reset"/> it may be smaller than <see cref="After"/>.
    /// </summary>
    public long? Next { get; init; }

    /// <summary>Why they are missing.</summary>
    public required GapReason Reason { get; init; }
}

/// <summary>Why notifications are missing.</summary>
public enum GapReason
{
    /// <summary>The server no longer keeps them: they exceeded its retention limit for age or number.</summary>
    Expired,

    /// <summary>
    /// Continuity is broken: the store lost data that it had delivered, or was recreated, or the reader's position is unknown.
    /// </summary>
    Reset,
}
