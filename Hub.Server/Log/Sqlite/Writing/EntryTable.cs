using Realtime.Server.Log.Sqlite.Tables;
using Realtime.Server.Notifications;

namespace Realtime.Server.Log.Sqlite.Writing;

/// <summary>Adds notifications at the end of the store.</summary>
internal sealed class EntryTable(Database database, Unindexed unindexed)
{
    private readonly Statement _insert = database.Prepare(
        "INSERT INTO entries (id, topic, sequence, stamp, previous_stamp, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");

    /// <summary>
    /// <c>entries.id</c> of the last one. We assign the ids, so an append fails on the primary key if another process has written to the
    /// file.
    /// </summary>
    public long Last { get; set; }

    /// <summary>Adds at the position right after <see cref="TopicState.Head"/>, and moves the head there.</summary>
    public void Add(TopicState topic, long stamp, ReadOnlySpan<byte> body)
    {
        var position = new Position(topic.Head.Sequence + 1, stamp);
        _insert.Bind(1, Last + 1);
        _insert.Bind(2, topic.Id);
        _insert.Bind(3, position.Sequence);
        _insert.Bind(4, position.Stamp);
        _insert.Bind(5, topic.Head.Stamp);
        _insert.Bind(6, body);
        _insert.Run();
        unindexed.Add(topic, position.Sequence, ++Last);
        topic.Head = position;
    }
}
