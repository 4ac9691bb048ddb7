using Realtime.Server.Notifications;
using Realtime.Server.Notifications.Cursors;

namespace Realtime.Server.Feed;

/// <summary>What a subscription yields. One object for all of its items: valid only until the next is asked for.</summary>
internal sealed class CurrentItem(CursorBuffer? cursor)
{
    public FeedItemKind Kind { get; private set; }

    /// <summary>The reader's position including this item, as on the wire; empty where it is not known.</summary>
    public ReadOnlySpan<byte> Cursor => cursor is null ? [] : cursor.Utf8;

    /// <summary>Of a notification, and of a gap unless it is not known where the gap is.</summary>
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

    /// <summary>Lets go of what it showed last, so that an idle reader holds no notification.</summary>
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
/// <param name="After">The last sequence that the reader had; null if not known.</param>
/// <param name="Next">The first one that now follows; null if not known.</param>
internal readonly record struct Gap(long? After, long? Next, GapReason Reason);

/// <summary>The last item of a stream that the server ends.</summary>
/// <param name="ReconnectIn">When to come back; spread, so that many readers do not come at once.</param>
internal readonly record struct Closing(CloseReason Reason, TimeSpan ReconnectIn);
