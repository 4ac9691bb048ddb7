using Realtime.Server.Node;

namespace Realtime.Server.Routing.Nodes;

/// <summary>
/// What stands in place of a host where a request goes to an owner that proves who it is. It holds the owner's id, so that each owner has
/// connections of its own, also where two have had the same address.
/// </summary>
internal static class OwnerName
{
    private const string Scheme = "http://";

    // No host has a name that ends so (RFC 6761, section 6.4).
    private const string Suffix = ".node.invalid";

    /// <summary>The origin that stands for an owner in a request's address.</summary>
    public static string OriginOf(string owner) => Scheme + owner + Suffix;

    /// <summary>Whether an address begins with an <see cref="OriginOf"/>.</summary>
    public static bool IsIn(string address) =>
        address.Length >= Scheme.Length + NodeId.Length + Suffix.Length
        && address.AsSpan(Scheme.Length + NodeId.Length).StartsWith(Suffix, StringComparison.Ordinal);

    /// <summary>The owner's id in an address of which <see cref="IsIn"/> is true.</summary>
    public static string OwnerIn(string address) => address.Substring(Scheme.Length, NodeId.Length);
}
