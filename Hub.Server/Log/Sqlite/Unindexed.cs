namespace Realtime.Server.Log.Sqlite;

/// <summary>
/// Entries that are not in the index by topic yet: an append touches no page of the index and only leaves its place here. The writer adds
/// and drops. A reader reads this before it begins its snapshot, so that everything missing here is in the index of the snapshot.
/// </summary>
internal sealed class Unindexed
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Run> _runs = new(StringComparer.Ordinal);   // guarded by _gate
    private readonly List<Run> _added = [];   // one for each append of the current transaction, in order; used only by the writer

    /// <summary>Entries that wait to be indexed.</summary>
    public int Count { get; private set; }

    /// <summary>The waiting entries of a topic. The last ones may not be committed, so each place must be checked.</summary>
    public UnindexedRun Of(string topic)
    {
        lock (_gate) return _runs.TryGetValue(topic, out var run) ? run.Now : default;
    }

    public void Add(TopicState topic, long sequence, long entry)
    {
        lock (_gate)
        {
            if (!_runs.TryGetValue(topic.Name, out var run)) _runs.Add(topic.Name, run = new Run(topic.Name, topic.Id, sequence));
            run.Add(entry);
            Count++;
            _added.Add(run);
        }
    }

    /// <summary>A point in the current transaction to which <see cref="UndoTo"/> returns.</summary>
    public int Mark() => _added.Count;

    /// <summary>Forgets what was added since this point; 0 for the whole transaction.</summary>
    public void UndoTo(int mark)
    {
        lock (_gate)
        {
            for (var i = _added.Count; i-- > mark;)
            {
                _added[i].RemoveLast();
                DropIfEmpty(_added[i]);
                Count--;
            }
            _added.RemoveRange(mark, _added.Count - mark);
        }
    }

    public void Committed() => _added.Clear();

    /// <summary>The topics with waiting entries, in the order of the index.</summary>
    public IReadOnlyList<Run> Topics()
    {
        lock (_gate) return [.. _runs.Values.OrderBy(run => run.Topic)];
    }

    /// <summary>The first entries of a topic, this many, are in the index now.</summary>
    public void Drop(Run run, int count)
    {
        lock (_gate)
        {
            run.RemoveFirst(count);
            DropIfEmpty(run);
            Count -= count;
        }
    }

    /// <summary>All entries are in the index now.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _runs.Clear();
            Count = 0;
        }
    }

    private void DropIfEmpty(Run run)
    {
        if (run.Now.Count == 0) _runs.Remove(run.Name);
    }

    /// <summary>A topic's entries, with consecutive sequences.</summary>
    internal sealed class Run(string name, long topic, long first)
    {
        private const int FirstSize = 4;

        private long _first = first;
        private long[] _entries = new long[FirstSize];
        private int _count;

        public string Name => name;

        /// <summary><c>topics.id</c>.</summary>
        public long Topic => topic;

        /// <summary>
        /// Keeps a view for a reader: its entries do not change later, except after its end and for entries that were never committed.
        /// </summary>
        public UnindexedRun Now => new(_first, _entries.AsMemory(0, _count));

        public void Add(long entry)
        {
            if (_count == _entries.Length) Array.Resize(ref _entries, 2 * _count);
            _entries[_count++] = entry;
        }

        public void RemoveLast() => _count--;

        public void RemoveFirst(int count)
        {
            // In a new array: readers may hold the old one.
            var left = _count - count;
            var entries = new long[Math.Max(left, FirstSize)];
            _entries.AsSpan(count, left).CopyTo(entries);
            (_entries, _first, _count) = (entries, _first + count, left);
        }
    }
}

/// <summary>Places of one topic's newest notifications: the first has this sequence.</summary>
/// <param name="Entries">Their <c>entries.id</c>.</param>
internal readonly record struct UnindexedRun(long First, ReadOnlyMemory<long> Entries)
{
    public int Count => Entries.Length;

    /// <summary>Sequence of the last one; before <see cref="First"/> if there is none.</summary>
    public long Last => First + Count - 1;

    /// <summary>The place of a sequence, 0 if it is not here.</summary>
    public long EntryOf(long sequence) => sequence >= First && sequence <= Last ? Entries.Span[(int)(sequence - First)] : 0;
}
