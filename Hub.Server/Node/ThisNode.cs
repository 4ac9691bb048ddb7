namespace Realtime.Server.Node;

/// <summary>The identity of this process, for the other nodes and for people.</summary>
internal sealed class ThisNode
{
    /// <summary>Characters of the id that are shown: enough for people to tell a handful of nodes apart.</summary>
    private const int ShortLength = 6;

    public string Id { get; } = NodeId.New();

    /// <summary>For display only.</summary>
    public string ShortId => Id[..ShortLength];
}
