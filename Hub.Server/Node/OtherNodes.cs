namespace Realtime.Server.Node;

/// <summary>Whether this node is one of several.</summary>
internal sealed record OtherNodes(bool MayExist);
