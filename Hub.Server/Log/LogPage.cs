using Realtime.Server.Notifications;

namespace Realtime.Server.Log;

/// <summary>How much a page may hold. At least one notification is read if <paramref name="Count"/> is not 0.</summary>
/// <param name="Count">Notifications; 0 or more.</param>
/// <param name="Bytes">Bytes of bodies after which no further notification is added.</param>
internal readonly record struct PageLimit(int Count, int Bytes);

/// <summary>A consistent view of a topic after a position.</summary>
/// <param name="Start">
/// The reader's position before <paramref name="Items"/>. It is the position asked for; after a gap, or if no position was asked for, it is
/// the one right before the oldest that follows, or the head if nothing follows.
/// </param>
/// <param name="Gap">Set if something between the position asked for and <paramref name="Start"/> no longer exists.</param>
/// <param name="Items">The notifications after <paramref name="Start"/>, without holes.</param>
/// <param name="Head">The last position of the topic, retained or not.</param>
internal sealed record LogPage(Position Start, GapReason? Gap, IReadOnlyList<Notification> Items, Position Head)
{
    /// <summary>The reader's position after <see cref="Items"/>.</summary>
    public Position End => Items.Count == 0 ? Start : Items[^1].Position;

    /// <summary>True if the topic held more than this page when it was read.</summary>
    public bool More => End.Sequence < Head.Sequence;
}
