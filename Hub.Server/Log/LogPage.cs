using Realtime.Server.Notifications;

namespace Realtime.Server.Log;

/// <summary>How much a page may hold. At least one notification is read if <paramref name="Count"/> is not 0.</summary>
/// <param name="Count">Notifications; 0 or more.</param>
/// <param name="Bytes">Bytes of bodies after which no further notification is added.</param>
internal readonly record struct PageLimit(int Count, int Bytes);

/// <summary>A consistent view of a topic behind a position.</summary>
/// <param name="Start">
/// What the reader stands at before <paramref name="Items"/>: the position asked for; after a gap, or when no position was asked for, the
/// one right before the oldest that follows, or the head if nothing does.
/// </param>
/// <param name="Gap">Set if something between the position asked for and <paramref name="Start"/> no longer exists.</param>
/// <param name="Items">What follows <paramref name="Start"/>, without holes.</param>
/// <param name="Head">The last position of the topic, retained or not.</param>
internal sealed record LogPage(Position Start, GapReason? Gap, IReadOnlyList<Notification> Items, Position Head)
{
    /// <summary>The reader's position after <see cref="Items"/>.</summary>
    public Position End => Items.Count == 0 ? Start : Items[^1].Position;

    /// <summary>Whether the topic held more than this page when it was read.</summary>
    public bool More => End.Sequence < Head.Sequence;
}
