using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Realtime.Client.Cursors;

/// <summary>The content of a cursor's file, and how the file's name is made.</summary>
/// <remarks>
/// One line of JSON, so that people can read it, and one with its SHA-256, to detect a torn file:
/// <code>
/// {"server":"https://hub.example/","user":"alice","cursor":"…"}
/// 9F86D081884C7D65…
/// </code>
/// </remarks>
internal static class CursorFile
{
    /// <summary>More than the longest cursor, user id and address need, in bytes: a larger file is not ours.</summary>
    public const int MaxBytes = 64 * 1024;

    // Names are hashed: user ids may contain any character, and file systems differ in which names they treat as equal.
    public static string NameOf(CursorKey key) =>
        Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(new[] { key.Server, key.User })).AsSpan(0, 16));

    public static byte[] Write(CursorKey key, string cursor)
    {
        var line = JsonSerializer.Serialize(new Content(key.Server, key.User, cursor), JsonSerializerOptions.Web);
        return Encoding.UTF8.GetBytes($"{line}\n{Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(line)))}\n");
    }

    /// <returns>The cursor; null if the file is torn, invalid, or belongs to another server or user.</returns>
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
