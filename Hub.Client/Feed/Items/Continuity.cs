namespace Realtime.Client.Feed.Items;

/// <summary>How a notification stands to those before it in its topic.</summary>
internal enum Succession
{
    /// <summary>It is the next one, or the first of its topic on this connection.</summary>
    Next,

    /// <summary>It, or one with its number, was there already.</summary>
    Repeat,

    /// <summary>One before it is missing: what was on its way is lost.</summary>
    Hole,
}

/// <summary>
/// Watches that no number is missing in a topic. The server sends each topic without holes, but what lies between may lose something, such
/// as the answer to a long poll. Counts within one connection: a cursor says exactly where the next one begins.
/// </summary>
internal sealed class Continuity
{
    private readonly Dictionary<string, (long Sequence, string Cursor)> _last = new(StringComparer.Ordinal);

    public void Clear() => _last.Clear();

    public Succession Judge(string topic, long sequence)
    {
        if (!_last.TryGetValue(topic, out var last)) return Succession.Next;
        return sequence <= last.Sequence ? Succession.Repeat : sequence == last.Sequence + 1 ? Succession.Next : Succession.Hole;
    }

    /// <summary>A topic has come to this number. Also backwards: behind a reset they begin anew.</summary>
    public void Reached(string topic, long sequence, string cursor)
    {
        if (_last.Count >= FeedLimits.RememberedTopics && !_last.ContainsKey(topic)) _last.Clear();
        _last[topic] = (sequence, cursor);
    }

    /// <summary>
    /// The last number of a topic, and the cursor that came with it: unlike later ones it names nothing that was lost behind it.
    /// </summary>
    public (long Sequence, string Cursor) LastOf(string topic) => _last[topic];
}
