using Realtime.Server.Log.Sqlite.Tables;
using Realtime.Server.Notifications;

namespace Realtime.Server.Log.Sqlite;

/// <summary>One reading connection. Each question is answered from one snapshot. One thread at a time.</summary>
internal sealed class ReaderSession : IDisposable
{
    private readonly Database _database;
    private readonly Statement _begin;
    private readonly Statement _end;
    private readonly TopicPages _topics;
    private readonly AcknowledgedTable _acknowledged;
    private readonly Unindexed _unindexed;

    public ReaderSession(string path, Unindexed unindexed)
    {
        _unindexed = unindexed;
        _database = Database.OpenReader(path);
        try
        {
            _begin = _database.Prepare("BEGIN");
            _end = _database.Prepare("COMMIT");
            _topics = new TopicPages(_database);
            _acknowledged = new AcknowledgedTable(_database);
        }
        catch
        {
            _database.Dispose();
            throw;
        }
    }

    public LogPage Read(Topic topic, Position? after, PageLimit limit)
    {
        // Read it first: an entry that leaves it before the snapshot begins is in the snapshot's index.
        var unindexed = _unindexed.Of(topic.Text);
        _begin.Run();
        var page = _topics.Read(topic, unindexed, after, limit);
        _end.Run();
        return page;
    }

    public IReadOnlyDictionary<Topic, Position> ReadAcknowledged(string user)
    {
        _begin.Run();
        var positions = _acknowledged.ReadByTopic(user);
        _end.Run();
        return positions;
    }

    public void Dispose() => _database.Dispose();
}
