using Realtime.Server.Notifications;

namespace Realtime.Server.Log.Sqlite.Tables;

/// <summary>Per user, the position in each topic up to which the user has acknowledged everything.</summary>
internal sealed class AcknowledgedTable(Database database)
{
    private const int NumbersPerTopic = 3;   // topics.id, sequence, stamp

    private readonly Statement _read = database.Prepare("SELECT positions FROM acknowledged WHERE user = ?1");
    private readonly Statement _name = database.Prepare("SELECT name FROM topics WHERE id = ?1");
    private readonly Statement _write = database.Prepare(
        "INSERT INTO acknowledged (user, positions) VALUES (?1, ?2) ON CONFLICT (user) DO UPDATE SET positions = excluded.positions");

    private readonly Statement _remove = database.Prepare("DELETE FROM acknowledged WHERE user = ?1");

    /// <summary>By <c>topics.id</c>.</summary>
    public Dictionary<long, Position> Read(string user)
    {
        var positions = new Dictionary<long, Position>();
        _read.Bind(1, user);
        using var rows = _read.Query();
        if (!rows.Next()) return positions;

        var blob = rows.Blob(0);
        for (var i = 0; i + NumbersPerTopic <= blob.Length / Int64Blob.Size; i += NumbersPerTopic)
            positions[Int64Blob.At(blob, i)] = new Position(Int64Blob.At(blob, i + 1), Int64Blob.At(blob, i + 2));
        return positions;
    }

    public Dictionary<Topic, Position> ReadByTopic(string user)
    {
        var positions = new Dictionary<Topic, Position>();
        foreach (var (id, position) in Read(user))
        {
            _name.Bind(1, id);
            using var rows = _name.Query();
            if (rows.Next() && Topic.TryParse(rows.Text(0), out var topic)) positions[topic.Value] = position;
        }
        return positions;
    }

    public void Remove(string user)
    {
        _remove.Bind(1, user);
        _remove.Run();
    }

    public void Write(string user, Dictionary<long, Position> positions)
    {
        var blob = new byte[positions.Count * NumbersPerTopic * Int64Blob.Size];
        var i = 0;
        foreach (var (id, position) in positions)
        {
            Int64Blob.Put(blob, i++, id);
            Int64Blob.Put(blob, i++, position.Sequence);
            Int64Blob.Put(blob, i++, position.Stamp);
        }
        _write.Bind(1, user);
        _write.Bind(2, blob);
        _write.Run();
    }
}
