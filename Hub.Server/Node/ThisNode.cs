namespace Realtime.Server.Node;

/// <summary>The identity of this process, for the other nodes and for people.</summary>
internal sealed class ThisNode
{
    public string Id { get; } = NodeId.New();

    /// <summary>For display only.</summary>
    public string ShortId => NodeId.Short(Id);

    /// <summary>The machine and the short id, for operators.</summary>
    public string Name => $"{Environment.MachineName}-{ShortId}";
}
