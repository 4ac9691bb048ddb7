namespace Realtime.Server.Notifications;

/// <summary>Where a notification stands: the n-th of its topic, counted from 1, with the stamp it was stored under.</summary>
/// <param name="Sequence">1, 2, 3 … without holes; 0 is the place before the first.</param>
/// <param name="Stamp">
/// The store's clock when it was stored, in Unix milliseconds, never running backwards in a topic; 0 at sequence 0. It orders nothing: it
/// tells notification 13 from another 13 that a store which lost its tail has handed out since.
/// </param>
internal readonly record struct Position(long Sequence, long Stamp)
{
    /// <summary>Before the first notification of a topic.</summary>
    public static Position Start => default;
}
