using System.Buffers;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Realtime.Server.Notifications;
using Realtime.Server.Redis.Data;

namespace Realtime.Server.Log.Redis;

/// <summary>The request of the first publish under an idempotency key: a repeat with the same key completes exactly that request.</summary>
/// <param name="Fingerprint">Of the request, see <see cref="IdempotencyKey"/>.</param>
/// <param name="Notification">The id that the first publish was given; it is the duplicate check in each topic.</param>
/// <param name="Time">
/// The notification's time as written in its body. If the publisher gave none, a repeat must not generate another one.
/// </param>
/// <param name="Trace">See <see cref="TraceMember"/>; null if the first publish was not traced.</param>
internal sealed record KeyRecord(ReadOnlyMemory<byte> Fingerprint, string Notification, string Time, string? Trace)
{
    // Format: "1", fingerprint (32 bytes), length of the id (1 byte), id, time. With a trace it begins with "2", and the trace (55 bytes)
    // stands before the time. A record of another version is not readable: it is refused.
    private const byte Version = (byte)'1', TracedVersion = (byte)'2';
    private const int FingerprintAt = 1;
    private const int IdLengthAt = FingerprintAt + SHA256.HashSizeInBytes;
    private const int IdAt = IdLengthAt + 1;

    /// <summary>The characters of ids and times: none of them can end a string in the body.</summary>
    private static readonly SearchValues<byte> Plain = SearchValues.Create(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz.:+-"u8);

    public static KeyRecord Of(Draft draft)
    {
        Debug.Assert(draft.Key is not null);
        var parts = BodyParts.Find(draft.Body.Span);
        var trace = TraceMember.ValueIn(draft.Body.Span);
        return new(
            draft.Key.Fingerprint, draft.Id, Encoding.UTF8.GetString(draft.Body.Span[parts.Time]),
            trace.IsEmpty ? null : Encoding.ASCII.GetString(trace));
    }

    public byte[] ToBytes() =>
        [
            Trace is null ? Version : TracedVersion, .. Fingerprint.Span, (byte)Notification.Length,
            .. Encoding.UTF8.GetBytes(Notification), .. Encoding.UTF8.GetBytes(Trace ?? ""), .. Encoding.UTF8.GetBytes(Time),
        ];

    /// <summary>Null if no version of this server has written it.</summary>
    public static KeyRecord? Parse(ReadOnlyMemory<byte> bytes)
    {
        var text = bytes.Span;
        if (text.Length <= IdAt || text[0] is not (Version or TracedVersion)) return null;
        var traceAt = IdAt + text[IdLengthAt];
        var timeAt = traceAt + (text[0] == TracedVersion ? TraceMember.ValueLength : 0);
        if (text.Length < timeAt || text[IdAt..].ContainsAnyExcept(Plain)) return null;
        if (timeAt > traceAt && !TraceMember.IsValue(text[traceAt..timeAt])) return null;
        return new(
            bytes[FingerprintAt..IdLengthAt], Encoding.UTF8.GetString(text[IdAt..traceAt]), Encoding.UTF8.GetString(text[timeAt..]),
            timeAt > traceAt ? Encoding.ASCII.GetString(text[traceAt..timeAt]) : null);
    }

    public bool IsFor(IdempotencyKey key) => key.Fingerprint.Span.SequenceEqual(Fingerprint.Span);

    /// <summary>A repeat's body, with the id, the time and the trace of the first one.</summary>
    public ReadOnlyMemory<byte> Restore(ReadOnlyMemory<byte> body)
    {
        body = TraceMember.Replace(body, Trace);
        var text = body.Span;
        var parts = BodyParts.Find(text);
        return (byte[])[
            .. text[..parts.Id.Start], .. Encoding.UTF8.GetBytes(Notification),
            .. text[parts.Id.End..parts.Time.Start], .. Encoding.UTF8.GetBytes(Time), .. text[parts.Time.End..]];
    }

    /// <summary>Where in a body the values of its id and its time are, without their quotes.</summary>
    private readonly ref struct BodyParts
    {
        public Range Id { get; private init; }

        public Range Time { get; private init; }

        public static BodyParts Find(ReadOnlySpan<byte> body)
        {
            var reader = BodyJson.Open(body);
            Range id = default, time = default;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isId = reader.ValueTextEquals("id"u8);
                var isTime = reader.ValueTextEquals("time"u8);
                reader.Read();
                if (isId || isTime)
                {
                    var start = (int)reader.TokenStartIndex + 1;
                    if (isId) id = start..(start + reader.ValueSpan.Length);
                    else time = start..(start + reader.ValueSpan.Length);
                }
                // The publisher's data comes after them.
                if (isTime) break;
                reader.Skip();
            }
            return new() { Id = id, Time = time };
        }
    }
}
