namespace Realtime.Server.Log.Sqlite.Tables;

/// <summary>The index by topic, as the writer maintains it: later than the entries, and in batches.</summary>
internal sealed class TopicIndex(Database database)
{
    /// <summary>
    /// Adds all entries that are not in the index yet, whichever process wrote them. All up to <c>indexed.up_to</c> are in it.
    /// </summary>
    private const string CatchUpSql =
        """
        INSERT OR IGNORE INTO entries_by_topic (topic, sequence, entry)
            SELECT topic, sequence, id FROM entries WHERE id > (SELECT up_to FROM indexed) ORDER BY topic, sequence;
        UPDATE indexed SET up_to = max(up_to, (SELECT ifnull(max(id), 0) FROM entries))
        """;

    private readonly Statement _add = database.Prepare(
        "INSERT OR IGNORE INTO entries_by_topic (topic, sequence, entry) VALUES (?1, ?2, ?3)");
    private readonly Statement _remove = database.Prepare("DELETE FROM entries_by_topic WHERE topic = ?1 AND sequence = ?2");
    private readonly Statement _setUpTo = database.Prepare("UPDATE indexed SET up_to = ?1");

    /// <summary>Every entry up to this one is in the index.</summary>
    public long UpTo { get; private set; }

    public void CatchUp()
    {
        database.Execute(CatchUpSql);
        UpTo = database.ReadNumber("SELECT up_to FROM indexed");
    }

    public void Add(long topic, long sequence, long entry)
    {
        _add.Bind(1, topic);
        _add.Bind(2, sequence);
        _add.Bind(3, entry);
        _add.Run();
    }

    public void Remove(long topic, long sequence)
    {
        _remove.Bind(1, topic);
        _remove.Bind(2, sequence);
        _remove.Run();
    }

    public void SetUpTo(long entry)
    {
        _setUpTo.Bind(1, entry);
        _setUpTo.Run();
        UpTo = entry;
    }
}
