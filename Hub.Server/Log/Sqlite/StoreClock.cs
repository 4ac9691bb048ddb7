using System.Runtime.InteropServices;
using Realtime.Server.Log.Sqlite.Tables;

namespace Realtime.Server.Log.Sqlite;

/// <summary>
/// The age of entries and keys in the store. A stamp alone is not enough: the clock may have been wrong, and a stamp never runs backwards.
/// Guarantee: a clock that is set by more than a minute while the process runs makes nothing older or younger. Whatever its stamp, the age
/// of an entry or a key begins when it was stored or, if that is unknown, when the store was opened next. Time in which no process has the
/// store open counts as the clock says.
/// </summary>
/// <remarks>
/// Entries arrive in the order of their ids, so a few notes give the time of many. Without a wrong clock there is one note per start.
/// </remarks>
internal sealed class StoreClock
{
    private const string Table = "CREATE TABLE IF NOT EXISTS clock (entry INTEGER PRIMARY KEY, at INTEGER NOT NULL, by INTEGER NOT NULL)";

    /// <summary>The least time between two notes, as a fraction of the age that entries reach.</summary>
    private const int PartsOfAge = 1_000;

    private readonly Statement _load;
    private readonly Statement _put;
    private readonly Statement _drop;
    private readonly Statement _moveKeys;
    private readonly Statement _limitKeys;
    private readonly long _leastInterval;
    private readonly List<Note> _notes = [];   // by entry
    // for each note: by how much the clock was set later, and the earliest time in it or a later note
    private readonly List<(long Later, long Latest)> _sums = [];
    private bool _isLoaded;
    private bool _isNew = true;

    public StoreClock(Database database, TimeSpan age)
    {
        database.Execute(Table);
        _load = database.Prepare("SELECT entry, at, by FROM clock ORDER BY entry");
        _put = database.Prepare("REPLACE INTO clock (entry, at, by) VALUES (?1, ?2, ?3)");
        _drop = database.Prepare("DELETE FROM clock WHERE entry <= ?1");
        _moveKeys = database.Prepare("UPDATE keys SET stored_at = stored_at + ?1");
        _limitKeys = database.Prepare("UPDATE keys SET stored_at = ?1 WHERE stored_at > ?1 + ?2");
        _leastInterval = Math.Max(1_000, (long)age.TotalMilliseconds / PartsOfAge);
    }

    /// <summary>
    /// When entry <paramref name="Entry"/> was the last one, the clock said <paramref name="At"/>, after it had been set by
    /// <paramref name="By"/>.
    /// </summary>
    private readonly record struct Note(long Entry, long At, long By);

    private readonly struct ByEntry(long entry) : IComparable<Note>
    {
        public int CompareTo(Note note) => entry.CompareTo(note.Entry);
    }

    /// <summary>Set when an entry got a stamp in the future: its time must be noted.</summary>
    public bool StampsAreAhead { get; set; }

    /// <summary>Records that the clock was set. The age of what is stored so far does not change.</summary>
    public void Step(long lastEntry, long now, long by)
    {
        Load();
        var before = _notes.Count > 0 && _notes[^1].Entry == lastEntry ? _notes[^1].By : 0;
        if (lastEntry > 0) Put(new(lastEntry, now, before + by));
        _moveKeys.Bind(1, by);
        _moveKeys.Run();
    }

    /// <summary>Notes the time if necessary.</summary>
    public void NoteTime(long lastEntry, long now)
    {
        Load();
        if (_isNew)
        {
            // A key stamped by a clock that was ahead until the last process ended would stay taken.
            _limitKeys.Bind(1, now);
            _limitKeys.Bind(2, ClockSteps.LeastMilliseconds);
            _limitKeys.Run();
        }
        var last = _notes.Count > 0 ? _notes[^1] : default;
        // A last note in the future came from a clock that was ahead: it must not prevent new notes.
        if (!_isNew && (!StampsAreAhead || (now >= last.At && now - last.At < _leastInterval))) return;
        if (lastEntry > last.Entry || (lastEntry > 0 && now < last.At)) Put(new(lastEntry, now, lastEntry == last.Entry ? last.By : 0));
        (_isNew, StampsAreAhead) = (false, false);
    }

    /// <summary>The latest time at which an entry can have been stored, by the current clock.</summary>
    public long StoredAt(long entry, long stamp)
    {
        Load();
        var first = CollectionsMarshal.AsSpan(_notes).BinarySearch(new ByEntry(entry));
        if (first < 0) first = ~first;
        if (first == _notes.Count) return stamp;
        var (later, latest) = _sums[first];
        return Math.Min(stamp + _notes[first].By + later, latest);
    }

    /// <summary>Entries up to this one have been removed.</summary>
    public void Forget(long upTo)
    {
        if (_notes.Count == 0 || _notes[0].Entry > upTo) return;
        _drop.Bind(1, upTo);
        _drop.Run();
        _sums.RemoveRange(0, _notes.RemoveAll(note => note.Entry <= upTo));
    }

    /// <summary>After a rollback.</summary>
    public void Reload() => (_isLoaded, _isNew) = (false, true);

    private void Load()
    {
        if (_isLoaded) return;
        _notes.Clear();
        using (var rows = _load.Query())
        {
            while (rows.Next()) _notes.Add(new(rows.Int64(0), rows.Int64(1), rows.Int64(2)));
        }
        AddUp();
        _isLoaded = true;
    }

    private void Put(Note note)
    {
        _put.Bind(1, note.Entry);
        _put.Bind(2, note.At);
        _put.Bind(3, note.By);
        _put.Run();
        if (_notes.Count > 0 && _notes[^1].Entry == note.Entry) _notes.RemoveAt(_notes.Count - 1);
        _notes.Add(note);
        AddUp();
    }

    private void AddUp()
    {
        _sums.Clear();
        var (later, latest) = (0L, long.MaxValue);
        for (var i = _notes.Count - 1; i >= 0; i--)
        {
            // A note of a clock that was ahead gives too late a time; a later note does not.
            latest = Math.Min(latest, _notes[i].At + later);
            _sums.Add((later, latest));
            later += _notes[i].By;
        }
        _sums.Reverse();
    }
}
