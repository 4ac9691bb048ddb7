using Realtime.Server.Notifications;
using Realtime.Server.Notifications.Cursors;

namespace Realtime.Server.Feed;

/// <summary>One item of a subscription. The object is reused for all items: valid only until the next is asked for.</summary>
internal sealed class CurrentItem(CursorBuffer? cursor)
{
    public FeedItemKind Kind { get; private set; }

    /// <summary>The reader's position including this item, as on the wire; empty if unknown.</summary>
    public ReadOnlySpan<byte> Cursor => cursor is null ? [] : cursor.Utf8;

    /// <summary>Set for a notification, and for a gap unless the topic of the gap is unknown.</summary>
    public Topic? Topic { get; private set; }

    public Notification? Notification { get; private set; }

    public Gap? Gap { get; private set; }

    public Closing? Closing { get; private set; }

    public CurrentItem AsNotification(Topic topic, Notification notification)
    {
        (Kind, Topic, Notification) = (FeedItemKind.Notification, topic, notification);
        return this;
    }

    public CurrentItem AsGap(Topic? topic, Gap gap)
    {
        (Kind, Topic, Gap) = (FeedItemKind.Gap, topic, gap);
        return this;
    }

    public CurrentItem AsPosition()
    {
        Kind = FeedItemKind.Position;
        return this;
    }

    public CurrentItem AsClosing(Closing closing)
    {
        (Kind, Closing) = (FeedItemKind.Closing, closing);
        return this;
    }

    /// <summary>Releases the last item, so that an idle reader holds no notification.</summary>
    public void Clear() => Notification = null;
}

internal enum FeedItemKind
{
    Notification,
    Gap,
    Position,
    Closing,
}

/// <summary>Notifications that a reader should have had and that no longer exist.</summary>
/// <param name="After">The last sequence that the reader had; null if unknown.</param>
/// <param name="Next">The first sequence after the gap; null if unknown.</param>
internal readonly record struct Gap(long? After, long? Next, GapReason Reason);

/// <summary>The last item of a stream that the server ends.</summary>
/// <param name="ReconnectIn">When to reconnect; spread, so that many readers do not reconnect at once.</param>
internal readonly record struct Closing(CloseReason Reason, TimeSpan ReconnectIn);
