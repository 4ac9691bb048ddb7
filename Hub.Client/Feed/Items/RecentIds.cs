namespace Realtime.Client.Feed.Items;

/// <summary>
/// The most recent ids: a notification to a user and to a group of that user arrives once per topic, but must be delivered only once.
/// </summary>
internal sealed class RecentIds(int capacity)
{
    private readonly HashSet<string> _ids = new(StringComparer.Ordinal);
    private readonly Queue<string> _oldestFirst = [];

    /// <returns>False if it is remembered already.</returns>
    public bool Add(string id)
    {
        if (!_ids.Add(id)) return false;
        _oldestFirst.Enqueue(id);
        if (_ids.Count > capacity) _ids.Remove(_oldestFirst.Dequeue());
        return true;
    }
}
