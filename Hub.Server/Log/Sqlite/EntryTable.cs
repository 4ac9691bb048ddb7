namespace Realtime.Server.Log.Sqlite;

/// <summary>Adds notifications at the end of the store.</summary>
internal sealed class EntryTable(Database database)
{
    private readonly Statement _insert = database.Prepare(
        "INSERT INTO entries (topic, sequence, stamp, previous_stamp, body) VALUES (?1, ?2, ?3, ?4, ?5)");

    public void Add(long topic, long sequence, long stamp, long previousStamp, ReadOnlySpan<byte> body)
    {
        _insert.Bind(1, topic);
        _insert.Bind(2, sequence);
        _insert.Bind(3, stamp);
        _insert.Bind(4, previousStamp);
        _insert.Bind(5, body);
        _insert.Run();
    }
}
