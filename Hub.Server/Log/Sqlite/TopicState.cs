using Realtime.Server.Notifications;

namespace Realtime.Server.Log.Sqlite;

/// <summary>The writer's cached state of a topic, its uncommitted appends included.</summary>
internal sealed class TopicState(string name, long id, Position head, long first)
{
    public string Name { get; } = name;

    /// <summary><c>topics.id</c>.</summary>
    public long Id { get; } = id;

    /// <summary>The last position, retained or not.</summary>
    public Position Head { get; set; } = head;

    /// <summary>Nothing below this sequence is retained. May be lower than what expiry has removed.</summary>
    public long First { get; set; } = first;

    /// <summary>True if the topic is in the queue of topics that hold more than they may.</summary>
    public bool AwaitsTrim { get; set; }
}
