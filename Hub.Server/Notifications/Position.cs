namespace Realtime.Server.Notifications;

/// <summary>The place of a notification: the n-th of its topic, counted from 1, with the stamp under which it was stored.</summary>
/// <param name="Sequence">1, 2, 3 … without holes; 0 is the place before the first.</param>
/// <param name="Stamp">
/// The store's clock when it was stored, in Unix milliseconds, never running backwards in a topic; 0 at sequence 0. The stamp does not
/// define the order. It tells notification 13 from another 13 that a store which lost its tail has assigned since.
/// </param>
/// <param name="Tag">
/// <see cref="NotificationTag"/> of the notification itself, 0 if unknown. It tells apart two notifications 13 that got the same stamp,
/// because the clock of the store that took over was late. Positions that differ only in the tag are equal: see <see cref="Is"/>.
/// </param>
internal readonly record struct Position(long Sequence, long Stamp, int Tag = 0)
{
    /// <summary>Before the first notification of a topic.</summary>
    public static Position Start => default;

    public bool Equals(Position other) => Sequence == other.Sequence && Stamp == other.Stamp;

    public override int GetHashCode() => HashCode.Combine(Sequence, Stamp);

    /// <summary>Whether both can be the position of the same notification: equal, except for a tag that one of them lacks.</summary>
    public bool Is(Position other) =>
        Equals(other) && (Tag == other.Tag || Tag == 0 || other.Tag == 0);
}
