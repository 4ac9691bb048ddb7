namespace Realtime.Server.Routing.Nodes;

/// <summary>The process at an owner's address did not prove to be this owner. No part of a caller's request was sent to it.</summary>
/// <param name="why">A sentence for an operator.</param>
/// <param name="isNode">True if it has proven to be another node, which now has the address.</param>
internal sealed class UnprovenException(string why, bool isNode = false) : Exception(why)
{
    public bool IsNode => isNode;
}
