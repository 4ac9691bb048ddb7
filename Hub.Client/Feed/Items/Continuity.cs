namespace Realtime.Client.Feed.Items;

/// <summary>How a notification relates to the earlier ones in its topic.</summary>
internal enum Succession
{
    /// <summary>The next one, or the first of its topic on this connection.</summary>
    Next,

    /// <summary>A notification with this or a higher sequence has already arrived.</summary>
    Repeat,

    /// <summary>An earlier notification is missing: it was lost on the way.</summary>
    Hole,
}

/// <summary>
/// Checks that no sequence is missing in a topic. The server sends each topic without holes, but the network may lose something, such as
/// the answer to a long poll. Only counts within one connection: a cursor says exactly where the next connection begins.
/// </summary>
internal sealed class Continuity
{
    private readonly Dictionary<string, (long Sequence, string Cursor)> _last = new(StringComparer.Ordinal);

    public void Clear() => _last.Clear();

    /// <summary>
    /// Forgets the groups: the server may have skipped sequences in them. A user's own topic and <c>all</c> always continue.
    /// </summary>
    public void ClearGroups()
    {
        foreach (var topic in _last.Keys)
        {
            if (topic.StartsWith("group:", StringComparison.Ordinal)) _last.Remove(topic);
        }
    }

    public Succession Judge(string topic, long sequence)
    {
        if (!_last.TryGetValue(topic, out var last)) return Succession.Next;
        return sequence <= last.Sequence ? Succession.Repeat : sequence == last.Sequence + 1 ? Succession.Next : Succession.Hole;
    }

    /// <summary>Records the last sequence of a topic. It may be lower than before: after a reset, sequences start again.</summary>
    public void Reached(string topic, long sequence, string cursor)
    {
        if (_last.Count >= FeedLimits.RememberedTopics && !_last.ContainsKey(topic)) _last.Clear();
        _last[topic] = (sequence, cursor);
    }

    /// <summary>
    /// The last sequence of a topic, and the cursor that came with it. Unlike later cursors, this one does not yet cover what was lost
    /// after it.
    /// </summary>
    public (long Sequence, string Cursor) LastOf(string topic) => _last[topic];
}
