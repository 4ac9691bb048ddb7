using System.Buffers;
using System.Diagnostics;
using System.Text.Json;
using Realtime.Server.Http;
using Realtime.Server.Log;
using Realtime.Server.Node;

namespace Realtime.Server.Publishing;

/// <summary>The answer to a publisher, in a response or in a line of a batch's answer: stored, or why not.</summary>
internal readonly struct PublishAnswer
{
    private const int RetryAfterSeconds = 1;

    private readonly Draft? _draft;
    private readonly AppendOutcome.Stored? _stored;

    private PublishAnswer(Draft draft, AppendOutcome.Stored stored) =>
        (_draft, _stored, Outcome) = (draft, stored, stored.Duplicate ? PublishOutcome.Duplicate : PublishOutcome.Stored);

    private PublishAnswer(PublishOutcome outcome, Problem problem) => (Outcome, Problem) = (outcome, problem);

    /// <summary>The same for the node's counters.</summary>
    public PublishOutcome Outcome { get; }

    /// <summary>Null if the notification is stored.</summary>
    public Problem? Problem { get; }

    /// <summary>The log could not confirm that it stored the notification.</summary>
    public static PublishAnswer NotConfirmed { get; } = new(PublishOutcome.NotConfirmed, new Problem(
        StatusCodes.Status503ServiceUnavailable, "Not confirmed: it may have been stored. Retry with the same key.", null,
        RetryAfterSeconds));

    /// <summary>An unexpected failure.</summary>
    public static PublishAnswer Broken { get; } = new(PublishOutcome.Failed, Problems.ForStatus(StatusCodes.Status500InternalServerError));

    public static PublishAnswer TooMany { get; } = new(PublishOutcome.OverQuota, new Problem(
        StatusCodes.Status429TooManyRequests, "More publishes a second than one publisher may send (Hub:Limits:PublishesPerSecond).", null,
        RetryAfterSeconds));

    public static PublishAnswer NoRoom { get; } = new(PublishOutcome.NoRoom, new Problem(
        StatusCodes.Status503ServiceUnavailable,
        "Too many bytes are being published on this node (Hub:Limits:PublishBytes). Nothing was stored; try again.",
        null, RetryAfterSeconds));

    public static PublishAnswer Refused(Problem problem) => new(PublishOutcome.Invalid, problem);

    /// <summary>The one place that maps the log's outcome to a status.</summary>
    public static PublishAnswer Of(Draft draft, AppendOutcome outcome) => outcome switch
    {
        AppendOutcome.Stored stored => new(draft, stored),
        AppendOutcome.KeyReused => new(PublishOutcome.KeyReused, new Problem(
            StatusCodes.Status422UnprocessableEntity,
            "This idempotency key was used within 24 hours for something else. Nothing was stored.")),
        _ => throw new UnreachableException(),
    };

    /// <summary><c>{"id":"…","duplicate":false,"accepted":[{"topic":"user:CG-12520","sequence":12}]}</c>, or a problem.</summary>
    public void WriteTo(Utf8JsonWriter json)
    {
        if (Problem is not null)
        {
            Problem.WriteTo(json);
            return;
        }
        json.WriteStartObject();
        json.WriteString("id"u8, _stored!.Id);
        json.WriteBoolean("duplicate"u8, _stored.Duplicate);
        json.WriteStartArray("accepted"u8);
        for (var i = 0; i < _stored.Sequences.Count; i++)
        {
            json.WriteStartObject();
            json.WriteString("topic"u8, _draft!.Topics[i].Text);
            json.WriteNumber("sequence"u8, _stored.Sequences[i]);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }
}

/// <summary>One writer per thread, because an answer is short and written in one go.</summary>
internal static class AnswerWriter
{
    // Bytes; a rare long answer must not keep its buffer with the thread permanently.
    private const int KeptCapacity = 16 * 1024;

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _buffer;

    [ThreadStatic]
    private static Utf8JsonWriter? _json;

    /// <summary>The answer as UTF-8, valid until this thread writes the next one.</summary>
    /// <param name="end">Appended to the answer.</param>
    public static ReadOnlySpan<byte> Write(in PublishAnswer answer, ReadOnlySpan<byte> end)
    {
        if (_buffer is null || _buffer.Capacity > KeptCapacity) _buffer = new(1024);
        _buffer.ResetWrittenCount();
        _json ??= new(_buffer);
        _json.Reset(_buffer);
        answer.WriteTo(_json);
        _json.Flush();
        _buffer.Write(end);
        return _buffer.WrittenSpan;
    }
}
