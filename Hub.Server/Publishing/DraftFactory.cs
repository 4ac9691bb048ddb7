using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Realtime.Server.Log;
using Realtime.Server.Notifications;
using Realtime.Server.Publishing.Body;

namespace Realtime.Server.Publishing;

/// <summary>Makes the draft that the log stores from the body that a publisher sent.</summary>
internal static class DraftFactory
{
    // Everything in a body that is not a value: names, quotes, commas, the id and a default time.
    private const int MaxFrame = 128;

    /// <param name="key">Null if every publish is a new notification.</param>
    /// <param name="trace">See <see cref="TraceMember"/>; null: none. It is no part of the fingerprint.</param>
    public static Draft Make(string publisher, in PublishBody body, string? key, string? trace, DateTimeOffset now)
    {
        var id = NotificationId.Next();
        return new(id, body.Topics, Write(id, body, trace, now), key is null ? null : new(publisher, key, Fingerprint(body)));
    }

    /// <summary><c>"id":"…","type":"…","orderId":"…","time":"…","data":…,"trace":"…"}</c>, without white space between tokens.</summary>
    private static byte[] Write(string id, in PublishBody body, string? trace, DateTimeOffset now)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(MaxFrame + body.Type.Length + body.OrderIdLiteral.Length + body.Time.Length
            + body.Data.Length + TraceMember.Length);
        var json = new SpanWriter(buffer);
        json.Write("\"id\":\""u8);
        json.WriteAscii(id);
        json.Write("\",\"type\":\""u8);
        json.Write(body.Type);
        json.Write("\",\"orderId\":\""u8);
        json.Write(body.OrderIdLiteral);
        json.Write("\",\"time\":\""u8);
        if (body.Time.IsEmpty) WriteTime(ref json, now.UtcDateTime);
        else json.Write(body.Time);
        json.Write("\""u8);
        if (!body.Data.IsEmpty)
        {
            json.Write(",\"data\":"u8);
            json.Advance(JsonText.Compact(body.Data, json.Rest));
        }
        if (trace is not null) TraceMember.Write(ref json, trace);
        json.Write("}"u8);
        var made = json.Written.ToArray();
        ArrayPool<byte>.Shared.Return(buffer);
        return made;
    }

    /// <summary><c>2026-11-22T09:00:00.123Z</c>.</summary>
    private static void WriteTime(ref SpanWriter json, DateTime now)
    {
        // The round-trip format is written without parsing a pattern; it has seven digits of a second where we show three.
        if (!now.TryFormat(json.Rest, out _, "O", CultureInfo.InvariantCulture)) throw new UnreachableException();
        json.Advance("2026-11-22T09:00:00.123".Length);
        json.Write("Z"u8);
    }

    /// <summary>
    /// Two bodies with one fingerprint ask for the same. Each part is prefixed with its length, so that no part can be mistaken for
    /// another; an absent part has length −1.
    /// </summary>
    private static byte[] Fingerprint(in PublishBody body)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var topic in body.Topics.OrderBy(topic => topic.Text, StringComparer.Ordinal))
            Add(hash, Encoding.UTF8.GetBytes(topic.Text), isAbsent: false);
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
}
