using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.Primitives;
using Realtime.Server.Notifications;

namespace Realtime.Server.Node;

/// <summary>The spans of a node. Without a listener, each costs one check.</summary>
/// <remarks>
/// A publish gives its <c>traceparent</c> to the stored body (<see cref="TraceMember"/>). A span names no user, topic, order or token: it
/// leaves the process.
/// </remarks>
internal static class HubTraces
{
    public const string SourceName = "Realtime.Hub";

    private static readonly ActivitySource Source = new(SourceName);

    /// <summary>The span of a request that publishes, under the caller's traceparent. It covers all lines of a batch.</summary>
    /// <param name="traceparent">The request's header; ignored unless it is one valid value.</param>
    /// <param name="trace">
    /// What to store with the notifications; null: nothing. With a listener its sampler decides. Without one, the caller's own value is
    /// passed on if the caller has sampled it.
    /// </param>
    public static Activity? StartPublish(StringValues traceparent, out string? trace)
    {
        if (!Source.HasListeners())
        {
            trace = CallerOf(traceparent) is { TraceFlags: var flags } caller && flags.HasFlag(ActivityTraceFlags.Recorded)
                ? $"00-{caller.TraceId}-{caller.SpanId}-{(byte)flags:x2}"
                : null;
            return null;
        }
        var span = StartUnder(traceparent, "publish", ActivityKind.Producer);
        trace = span is { Recorded: true } ? span.Id : null;
        return span;
    }

    public static void Answered(Activity? publish, PublishOutcome outcome)
    {
        publish?.SetTag("realtime.outcome", Label<PublishOutcome>.Of(outcome));
        if (outcome is PublishOutcome.NotConfirmed or PublishOutcome.Failed) publish?.SetStatus(ActivityStatusCode.Error);
    }

    /// <summary>The span of an append, under the publish that is current here.</summary>
    /// <param name="topics">The number of topics.</param>
    /// <returns>Null if that publish is not sampled.</returns>
    public static Activity? StartAppend(int topics)
    {
        if (!Source.HasListeners() || Activity.Current is not { Recorded: true } publish || publish.Source != Source) return null;
        return Source.StartActivity("append", ActivityKind.Client)?.SetTag("realtime.topics", topics);
    }

    /// <summary>The span of a request that another node answers.</summary>
    public static Activity? StartForward(StringValues traceparent, ForwardKind kind, string owner) => Source.HasListeners()
        ? StartUnder(traceparent, "forward", ActivityKind.Client)
            ?.SetTag("realtime.kind", Label<ForwardKind>.Of(kind)).SetTag("realtime.owner", owner)
        : null;

    /// <summary>The traceparent for a forwarded request; null: the caller's own.</summary>
    public static string? OfForward() =>
        Source.HasListeners() && Activity.Current is { } span && span.Source == Source ? span.Id : null;

    /// <summary>
    /// The span of one delivery, in a trace of its own with a link to the publish. A notification that was not traced has none.
    /// </summary>
    public static Delivery StartDelivery(Notification notification, Transport transport, bool isReplay) =>
        Source.HasListeners() ? new(StartLinked(notification, transport, isReplay)) : default;

    private static Activity? StartLinked(Notification notification, Transport transport, bool isReplay)
    {
        var value = TraceMember.ValueIn(notification.Body.Span);
        if (value.IsEmpty || !ActivityContext.TryParse(Encoding.ASCII.GetString(value), null, isRemote: true, out var publish)) return null;
        // A trace of its own: ten thousand readers would make one trace too large to look at.
        var current = Activity.Current;
        Activity.Current = null;
        var span = Source.StartActivity("deliver", ActivityKind.Consumer, default(ActivityContext), links: [new(publish)]);
        Activity.Current = current;
        return span?.SetTag("realtime.transport", Label<Transport>.Of(transport)).SetTag("realtime.replayed", isReplay);
    }

    private static Activity? StartUnder(StringValues traceparent, string name, ActivityKind kind)
    {
        var current = Activity.Current;
        if (current is { Recorded: true }) return Source.StartActivity(name, kind);
        // The framework's own span for log lines is not recorded. As a parent, it would keep samplers from recording this one.
        Activity.Current = null;
        var span = Source.StartActivity(name, kind, CallerOf(traceparent) ?? default);
        if (span is null) Activity.Current = current;
        return span;
    }

    /// <summary>Null if there is not one valid value. <c>tracestate</c> and <c>baggage</c> are dropped.</summary>
    private static ActivityContext? CallerOf(StringValues traceparent) =>
        traceparent is [{ } text] && ActivityContext.TryParse(text, null, isRemote: true, out var caller) ? caller : null;

    /// <summary>Ends a delivery when it is disposed. It is never the current span, because the code between is not ours.</summary>
    internal readonly struct Delivery(Activity? span) : IDisposable
    {
        public void Dispose()
        {
            if (span is null) return;
            var current = Activity.Current;
            span.Dispose();
            Activity.Current = current;
        }
    }
}
