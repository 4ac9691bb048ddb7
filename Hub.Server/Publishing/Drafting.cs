using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Realtime.Server.Log;

namespace Realtime.Server.Publishing;

/// <summary>Makes what the log keeps out of what a publisher sent.</summary>
internal static class Drafting
{
    private const string DefaultTimeFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";
    private const int IdLength = 32;

    // Everything in a body that is not a value: names, quotes, commas, the id and a default time.
    private const int MaxFrame = 128;

    /// <param name="key">Null: every publish is a new notification.</param>
    public static Draft Make(string publisher, in PublishBody body, string? key, DateTimeOffset now)
    {
        var id = NotificationId.Next();
        return new(id, body.Topics, Write(id, body, now), key is null ? null : new(publisher, key, Fingerprint(body)));
    }

    /// <summary><c>"id":"…","type":"…","orderId":"…","time":"…","data":…}</c>, without white space between the tokens.</summary>
    private static byte[] Write(string id, in PublishBody body, DateTimeOffset now)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(MaxFrame + body.Type.Length + body.OrderIdLiteral.Length + body.Time.Length + body.Data.Length);
        var rest = buffer.AsSpan();
        Put(ref rest, "\"id\":\""u8);
        rest = rest[Encoding.ASCII.GetBytes(id, rest)..];
        Put(ref rest, "\",\"type\":\""u8);
        Put(ref rest, body.Type);
        Put(ref rest, "\",\"orderId\":\""u8);
        Put(ref rest, body.OrderIdLiteral);
        Put(ref rest, "\",\"time\":\""u8);
        if (body.Time.IsEmpty && now.UtcDateTime.TryFormat(rest, out var length, DefaultTimeFormat, CultureInfo.InvariantCulture)) rest = rest[length..];
        Put(ref rest, body.Time);
        if (body.Data.IsEmpty)
        {
            Put(ref rest, "\"}"u8);
        }
        else
        {
            Put(ref rest, "\",\"data\":"u8);
            rest = rest[JsonText.Compact(body.Data, rest)..];
            Put(ref rest, "}"u8);
        }
        var made = buffer.AsSpan(0, buffer.Length - rest.Length).ToArray();
        ArrayPool<byte>.Shared.Return(buffer);
        return made;
    }

    /// <summary>
    /// Two bodies with one fingerprint ask for the same. Each part has its length in front, so that nothing of one part can pass for another's,
    /// and what is absent has length −1.
    /// </summary>
    private static byte[] Fingerprint(in PublishBody body)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var topic in body.Topics.OrderBy(topic => topic.Text, StringComparer.Ordinal)) Add(hash, Encoding.UTF8.GetBytes(topic.Text), isAbsent: false);
        Add(hash, body.Type, isAbsent: false);
        Add(hash, body.OrderId, isAbsent: false);
        Add(hash, body.Time, body.Time.IsEmpty);
        Add(hash, body.Data, body.Data.IsEmpty);
        return hash.GetHashAndReset();
    }

    private static void Add(IncrementalHash hash, ReadOnlySpan<byte> part, bool isAbsent)
    {
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, isAbsent ? -1 : part.Length);
        hash.AppendData(length);
        hash.AppendData(part);
    }

    private static void Put(ref Span<byte> rest, ReadOnlySpan<byte> text)
    {
        text.CopyTo(rest);
        rest = rest[text.Length..];
    }
}
