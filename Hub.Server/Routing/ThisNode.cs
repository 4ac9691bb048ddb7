namespace Realtime.Server.Routing;

/// <summary>Who this process is to the other nodes.</summary>
internal sealed class ThisNode
{
    public string Id { get; } = NodeId.New();
}
