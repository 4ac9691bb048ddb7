namespace Realtime.Server.Notifications;

/// <summary>One stored notification, as log, backplane and feed pass it on.</summary>
/// <param name="Place">Its position; the tag may be unknown.</param>
/// <param name="PreviousStamp">The stamp of the notification before it in the topic; 0 for the first. It proves that the two are
/// neighbours.</param>
/// <param name="Body">
/// Its JSON from <c>"id"</c> to the closing brace, UTF-8, made once at publishing and never parsed again:
/// <c>"id":"…","type":"order.created","orderId":"…","time":"…","data":{…},"trace":"…"}</c>. Delivery adds cursor, topic and
/// sequence before it.
/// </param>
internal sealed record Notification(Position Place, long PreviousStamp, ReadOnlyMemory<byte> Body)
{
    private int _depth;     // 0: not counted yet

    /// <summary>Its place in its topic, with the tag of this notification.</summary>
    public Position Position { get; init; } = Place with { Tag = NotificationTag.Of(Body.Span) };

    /// <summary>The position right before this one.</summary>
    public Position Previous => new(Position.Sequence - 1, PreviousStamp);

    /// <summary>See <see cref="JsonDepth.OfBody"/>. Counted once, at the first delivery.</summary>
    public int Depth => _depth == 0 ? _depth = JsonDepth.OfBody(Body.Span) : _depth;

    /// <summary>Whether this is the very next one of its topic for a reader at <paramref name="reader"/>.</summary>
    public bool Follows(Position reader) => reader.Is(Previous);
}
