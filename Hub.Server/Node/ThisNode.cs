namespace Realtime.Server.Node;

/// <summary>Who this process is, to the other nodes and to people.</summary>
internal sealed class ThisNode
{
    /// <summary>How much of the id is shown: people tell a handful of nodes apart by it.</summary>
    private const int ShortLength = 6;

    public string Id { get; } = NodeId.New();

    /// <summary>To be shown, and for nothing else.</summary>
    public string ShortId => Id[..ShortLength];
}
