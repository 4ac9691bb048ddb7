namespace Realtime.Server.Routing.Nodes;

/// <summary>What answers at an owner's address did not prove that it is this owner. Nothing of a caller's request was sent to it.</summary>
/// <param name="why">A sentence for an operator.</param>
/// <param name="isNode">Whether it has proven to be another node, which got the address.</param>
internal sealed class UnprovenException(string why, bool isNode = false) : Exception(why)
{
    public bool IsNode => isNode;
}
