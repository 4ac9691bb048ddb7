using Realtime.Server.Node;

namespace Realtime.Server.Routing.Nodes;

/// <summary>
/// Replaces the host in requests to an owner that proves its identity. The name holds the owner's id, so each owner has connections of its
/// own, even if two have had the same address.
/// </summary>
internal static class OwnerName
{
    private const string Scheme = "http://";

    // No real host name has this ending (RFC 6761, section 6.4).
    private const string Suffix = ".node.invalid";

    /// <summary>The origin that replaces an owner's address in a request.</summary>
    public static string OriginOf(string owner) => Scheme + owner + Suffix;

    /// <summary>Whether an address begins with the result of <see cref="OriginOf"/>.</summary>
    public static bool IsIn(string address) =>
        address.Length >= Scheme.Length + NodeId.Length + Suffix.Length
        && address.AsSpan(Scheme.Length + NodeId.Length).StartsWith(Suffix, StringComparison.Ordinal);

    /// <summary>The owner's id in an address for which <see cref="IsIn"/> is true.</summary>
    public static string OwnerIn(string address) => address.Substring(Scheme.Length, NodeId.Length);
}
