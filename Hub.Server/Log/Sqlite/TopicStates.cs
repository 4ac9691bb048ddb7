using System.Diagnostics.CodeAnalysis;
using Realtime.Server.Log.Sqlite.Tables;
using Realtime.Server.Notifications;

namespace Realtime.Server.Log.Sqlite;

/// <summary>
/// A cache of the topics that the writer used lately. Bounded: there are two generations, and the older one is dropped when the younger
/// one is full.
/// </summary>
internal sealed class TopicStates(Database database, TopicPages reader, Unindexed unindexed)
{
    /// <summary>Topics in a generation; about 150 bytes each.</summary>
    private const int GenerationSize = 50_000;

    private readonly Statement _insert = database.Prepare("INSERT INTO topics (name) VALUES (?1) RETURNING id");
    private Dictionary<string, TopicState> _young = new(StringComparer.Ordinal);
    private Dictionary<string, TopicState> _old = new(StringComparer.Ordinal);

    /// <summary>The topic's state; a topic that was never written to gets a row.</summary>
    public TopicState FindOrAdd(string name)
    {
        if (TryFind(name, out var state)) return state;
        _insert.Bind(1, name);
        using var rows = _insert.Query();
        rows.Next();
        state = new TopicState(name, rows.Int64(0), Position.Start, first: 1);
        rows.Next();   // runs the statement to its end
        Remember(name, state);
        return state;
    }

    public bool TryFind(string name, [NotNullWhen(true)] out TopicState? state)
    {
        if (_young.TryGetValue(name, out state)) return true;
        if (_old.Remove(name, out state))
        {
            Remember(name, state);
            return true;
        }
        state = Load(name);
        if (state is null) return false;
        Remember(name, state);
        return true;
    }

    /// <summary>The topic's state in the store, not cached; null if the topic was never written to.</summary>
    public TopicState? Load(string name) => reader.TryFind(name, unindexed.Of(name), out var topic)
        ? new TopicState(name, topic.Id, topic.Head, reader.First(topic)?.Position.Sequence ?? topic.Head.Sequence + 1)
        : null;

    /// <summary>The same topic for queries of the store.</summary>
    public StoredTopic Stored(TopicState state) => new(state.Id, state.Head, unindexed.Of(state.Name));

    /// <summary>After a rollback: the cached states may never have existed.</summary>
    public void Forget()
    {
        _young.Clear();
        _old.Clear();
    }

    private void Remember(string name, TopicState state)
    {
        if (_young.Count == GenerationSize)
        {
            (_old, _young) = (_young, _old);
            _young.Clear();
        }
        _young.Add(name, state);
    }
}
