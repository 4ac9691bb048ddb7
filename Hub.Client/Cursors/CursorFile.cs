using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Realtime.Client.Cursors;

/// <summary>What stands in a cursor's file, and how its name is made.</summary>
/// <remarks>
/// One line of JSON, so that people can read it, and one with its SHA-256, so that a torn file is not taken for a whole one:
/// <code>
/// {"server":"https://hub.example/","user":"alice","cursor":"…"}
/// 9F86D081884C7D65…
/// </code>
/// </remarks>
internal static class CursorFile
{
    /// <summary>More than the longest cursor, user id and address need, in bytes: a larger file is not one of ours.</summary>
    public const int MaxBytes = 64 * 1024;

    // Names go through a hash: user ids may hold anything, and file systems differ in what they take for equal.
    public static string NameOf(CursorKey key) =>
        Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(new[] { key.Server, key.User })).AsSpan(0, 16));

    public static byte[] Write(CursorKey key, string cursor)
    {
        var line = JsonSerializer.Serialize(new Content(key.Server, key.User, cursor), JsonSerializerOptions.Web);
        return Encoding.UTF8.GetBytes($"{line}\n{Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(line)))}\n");
    }

    /// <returns>The cursor; null if the file is torn, garbage, or somebody else's.</returns>
    public static string? Read(CursorKey key, ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf((byte)'\n');
        if (end < 0) return null;
        var line = bytes[..end];
        var sum = bytes[(end + 1)..];
        if (!sum.SequenceEqual(Encoding.ASCII.GetBytes(Convert.ToHexString(SHA256.HashData(line)) + "\n"))) return null;
        var content = JsonSerializer.Deserialize<Content>(line, JsonSerializerOptions.Web);
        return content == new Content(key.Server, key.User, content?.Cursor ?? "") && content.Cursor.Length > 0 ? content.Cursor : null;
    }

    private sealed record Content(string Server, string User, string Cursor);
}
