using System.Diagnostics;

namespace Realtime.Server.Notifications.Cursors;

/// <summary>
/// The groups in the cursor of a reader whose token does not list its groups. Which groups they are cannot be told from a cursor, so they
/// are copied into the cursors that follow, until a token lists its groups.
/// </summary>
internal sealed class KeptGroups
{
    /// <summary>The most groups that are kept. A reader has no more; only a cursor that merges several could.</summary>
    public const int Max = 100;

    private KeptGroups(IReadOnlyList<NamedPosition> named, ReadOnlyMemory<byte> zeroes, ulong? digest) =>
        (Named, Zeroes, Digest) = (named, zeroes, digest);

    public IReadOnlyList<NamedPosition> Named { get; }

    /// <summary>See <see cref="SpelledPositions.Zeroes"/>.</summary>
    public ReadOnlyMemory<byte> Zeroes { get; }

    /// <summary>
    /// Null in the first format. The cursors that follow then have that format too: no other has names of this length.
    /// </summary>
    public ulong? Digest { get; }

    public int Count => Named.Count + Zeroes.Length;

    /// <summary>The groups of a cursor; null if it has none.</summary>
    /// <param name="topics">The reader's own topics, none of which is a group.</param>
    public static KeptGroups? Of(SpelledPositions spelled, IReadOnlyList<Topic> topics)
    {
        Debug.Assert(topics.All(topic => topic.GroupName is null));
        TopicKey[] own = [.. topics.Select(TopicKey.Of)];
        NamedPosition[] named = [.. spelled.Named.Where(one => !Array.Exists(own, key => one.Name.IsOf(key))).Take(Max)];
        var zeroes = spelled.Zeroes.AsMemory(0, Math.Min(spelled.Zeroes.Length, Max - named.Length));
        return named.Length + zeroes.Length == 0 ? null : new(named, zeroes, spelled.Digest);
    }
}
