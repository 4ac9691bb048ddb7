namespace Realtime.Client.Feed.Items;

/// <summary>
/// The ids that came last: a notification to a user and a group of that user comes once per topic, and is one all the same.
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
