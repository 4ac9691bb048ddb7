using System.Buffers;
using System.Security.Cryptography;

namespace Realtime.Server.Node;

/// <summary>
/// A node's name: random, new at each start, because a node that was restarted does not have the connections of the one before.
/// </summary>
internal static class NodeId
{
    public const int Length = 16;

    private static readonly SearchValues<char> Alphabet = SearchValues.Create("0123456789abcdef");

    public static string New() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(Length / 2));

    public static bool IsWellFormed(ReadOnlySpan<char> text) => text.Length == Length && !text.ContainsAnyExcept(Alphabet);
}
