namespace Realtime.Client;

/// <summary>An item of a feed: an <see cref="OrderNotification"/>, or an <see cref="OrderGap"/> where notifications are missing.</summary>
public abstract record OrderFeedItem
{
    private protected OrderFeedItem() { }

    /// <summary>
    /// The reader's position in all of its topics, this item included.
    /// <see cref="OrderFeed.AcknowledgeAsync(OrderFeedItem, CancellationToken)"/> acknowledges up to it. Opaque, at most 2.5 KB of
    /// <c>A-Z a-z 0-9 . _ ~ -</c>.
    /// </summary>
    public required string Cursor { get; init; }
}
