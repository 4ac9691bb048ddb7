using System.Buffers;
using Realtime.Server.Http;
using Realtime.Server.Log;
using Realtime.Server.Node;
using Realtime.Server.Publishing.Body;
using Realtime.Server.Security;

namespace Realtime.Server.Publishing;

/// <summary><c>POST /api/notifications</c>: one notification, answered when it is durable.</summary>
internal sealed class PublishEndpoint(Publisher publisher)
{
    public const string KeyHeader = "Idempotency-Key";

    public async Task HandleAsync(HttpContext context)
    {
        var begun = publisher.Begin();
        using var span = HubTraces.StartPublish(context.Request.Headers.TraceParent, out var trace);
        // 1. Check the media type.
        var answer = JsonBody.CheckType(context.Request, JsonBody.Json) is { } wrongType
            ? PublishAnswer.Refused(wrongType)
            : await PublishAsync(context, trace);
        publisher.End(answer, begun);
        HubTraces.Answered(span, answer.Outcome);
        if (answer.Problem is { } problem) await Problems.WriteAsync(context, problem);
        else await AcceptAsync(context, answer);
    }

    private async ValueTask<PublishAnswer> PublishAsync(HttpContext context, string? trace)
    {
        // 2. Read the whole body, up to its limit.
        var reader = context.Request.BodyReader;
        var body = await JsonBody.ReadAsync(reader, PublishLimits.BodyBytes);
        // 3. Validate the body.
        var refusal = PublishAnswer.Refused(JsonBody.TooLarge(PublishLimits.BodyBytes));
        var draft = body.IsCompleted ? Prepare(context, body.Buffer, trace, out refusal) : null;
        reader.AdvanceTo(body.Buffer.End);
        // 4. Take room for it.
        if (draft is not null && !publisher.TryAdmit(draft)) (draft, refusal) = (null, PublishAnswer.NoRoom);
        // 5. Store it.
        return draft is null ? refusal : await publisher.FinishAsync(draft, publisher.StartAsync(draft));
    }

    private Draft? Prepare(HttpContext context, in ReadOnlySequence<byte> body, string? trace, out PublishAnswer refusal)
    {
        var keys = context.Request.Headers[KeyHeader];
        var fault = keys.Count switch { 0 => null, 1 => PublishParser.KeyFault(keys[0] ?? ""), _ => "Duplicate header." };
        if (fault is not null)
        {
            refusal = PublishAnswer.Refused(Problem.Invalid(FieldErrors.Of(KeyHeader, fault)));
            return null;
        }
        using var json = new Contiguous(body);
        return publisher.Prepare(
            json.Span, Caller.Of(context.User).User, keys.Count == 0 ? null : keys[0], isLine: false, trace, out refusal);
    }

    private static Task AcceptAsync(HttpContext context, in PublishAnswer answer)
    {
        var json = AnswerWriter.Write(answer, []);
        var response = context.Response;
        response.StatusCode = StatusCodes.Status202Accepted;
        response.ContentType = JsonBody.Json;
        // Known length: no chunk framing.
        response.ContentLength = json.Length;
        // A thousand targets make a long answer.
        if (json.Length > PacedWrites.PieceBytes) return PacedWrites.SendAsync(context, json.ToArray(), context.RequestAborted);
        // Sent when the request ends, in one write with the headers.
        response.BodyWriter.Write(json);
        return Task.CompletedTask;
    }
}
