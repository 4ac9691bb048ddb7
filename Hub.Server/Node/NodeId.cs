using System.Buffers;
using System.Security.Cryptography;

namespace Realtime.Server.Node;

/// <summary>
/// A node's name: random, new at each start, because a node that was restarted does not have the connections of the one before.
/// </summary>
internal static class NodeId
{
    public const int Length = 16;

    /// <summary>Characters of an id that are shown: enough for people to tell a handful of nodes apart.</summary>
    private const int ShortLength = 6;

    private static readonly SearchValues<char> Alphabet = SearchValues.Create("0123456789abcdef");

    public static string New() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(Length / 2));

    /// <summary>For display only.</summary>
    public static string Short(string id) => id[..ShortLength];

    public static bool IsWellFormed(ReadOnlySpan<char> text) => text.Length == Length && !text.ContainsAnyExcept(Alphabet);
}
