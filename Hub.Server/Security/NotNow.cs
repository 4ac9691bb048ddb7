using Realtime.Server.Http;

namespace Realtime.Server.Security;

/// <summary>Credentials that cannot be checked at this moment. The caller should retry.</summary>
internal sealed class NotNowException(Problem problem) : Exception(problem.Detail)
{
    public Problem Problem { get; } = problem;
}

internal static class NotNow
{
    /// <summary>
    /// 503 with <c>Retry-After</c>. An EventSource gets 200 and <c>closing</c>, because a browser gives up for good on any status but 200.
    /// </summary>
    public static Task AnswerAsync(HttpContext context, Problem problem)
    {
        var stream = StreamRefusals.Of(context);
        return stream is null ? Problems.WriteAsync(context, problem) : stream.Unavailable(context);
    }
}

/// <summary>How an endpoint's event stream responds when it cannot serve now, and to a caller who is revoked.</summary>
internal sealed record StreamRefusals(RequestDelegate Unavailable, RequestDelegate Revoked)
{
    /// <summary>Those of a request that asks for an event stream; null for any other.</summary>
    public static StreamRefusals? Of(HttpContext context) =>
        context.Request.WantsEventStream() ? context.GetEndpoint()?.Metadata.GetMetadata<StreamRefusals>() : null;
}
