using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace Realtime.Server.Redis.Wire;

/// <summary>Writes commands in Redis's protocol: an array of texts, each after its length.</summary>
internal static class RespWriter
{
    private const int MaxNumber = 20;

    /// <param name="parts">How many texts follow.</param>
    public static void WriteCommand(this IBufferWriter<byte> buffer, int parts) => WriteHeader(buffer, (byte)'*', parts);

    public static void WritePart(this IBufferWriter<byte> buffer, ReadOnlySpan<byte> text)
    {
        WriteHeader(buffer, (byte)'$', text.Length);
        buffer.Write(text);
        buffer.Write("\r\n"u8);
    }

    public static void WritePart(this IBufferWriter<byte> buffer, string text)
    {
        WriteHeader(buffer, (byte)'$', Encoding.UTF8.GetByteCount(text));
        Encoding.UTF8.GetBytes(text, buffer);
        buffer.Write("\r\n"u8);
    }

    public static void WriteCommand(this IBufferWriter<byte> buffer, params ReadOnlySpan<string> parts)
    {
        WriteCommand(buffer, parts.Length);
        foreach (var part in parts) WritePart(buffer, part);
    }

    private static void WriteHeader(IBufferWriter<byte> buffer, byte kind, int number)
    {
        var target = buffer.GetSpan(MaxNumber);
        target[0] = kind;
        Utf8Formatter.TryFormat(number, target[1..], out var length);
        "\r\n"u8.CopyTo(target[(1 + length)..]);
        buffer.Advance(length + 3);
    }
}
