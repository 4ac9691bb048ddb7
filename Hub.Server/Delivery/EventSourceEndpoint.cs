using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Realtime.Server.Feed;
using Realtime.Server.Http;
using Realtime.Server.Node;
using Realtime.Server.Notifications;
using Realtime.Server.Notifications.Cursors;
using Realtime.Server.Security;
using Realtime.Server.Security.Sessions;

namespace Realtime.Server.Delivery;

/// <summary><c>GET /api/notifications</c> as an event stream, for <c>new EventSource("/api/notifications")</c>.</summary>
/// <remarks>
/// A browser gives up permanently on any status but 200. So a node that cannot serve now sends <c>closing</c>, and the stream for an
/// unreadable <c>Last-Event-ID</c> begins with a gap of unknown extent. Only a malformed <c>after</c>, which a programmer wrote, is a 400.
/// </remarks>
internal sealed class EventSourceEndpoint(
    NotificationFeed feed, UserConnections connections, SessionConnections sessions, HubCounters counters, TimeProvider time)
{
    /// <summary>Silence after which the position is repeated, so that a page can tell a dead stream from a quiet one.</summary>
    public static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    /// <summary>How long a stalled reader may take to accept its <c>closing</c>.</summary>
    private static readonly TimeSpan LastWords = TimeSpan.FromMilliseconds(500);

    public async Task HandleAsync(HttpContext context)
    {
        var caller = Caller.Of(context.User);
        if (!TryReadStart(context.Request, caller, out var start))
        {
            await Problems.WriteAsync(context, Problem.Invalid(FieldErrors.Of("after", StartAt.Expected)));
            return;
        }

        var writer = Begin(context);
        // The authentication result is no longer needed, and this request may stay open for hours.
        context.Features.Set<IAuthenticateResultFeature>(null);

        using var connected = counters.Connect(Transport.EventSource);
        using var connection = connections.Open(caller, Transport.EventSource);
        var subscription = feed.Open(connection, start, Heartbeat);
        connection.CloseWhenRevoked(() => subscription.Close(CloseReason.Revoked, TimeSpan.Zero));
        using var bySession = sessions.Add(
            caller, () => subscription.Close(CloseReason.Revoked, TimeSpan.Zero), connection.RefreshAsync);
        try
        {
            if (!await CopyAsync(subscription, writer, context.RequestAborted)) context.Abort();
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested) { /* the reader left */ }
        finally
        {
            feed.Left(subscription);
        }
    }

    /// <summary>Answers a reader that cannot be authenticated yet, so that it retries shortly.</summary>
    public Task SayUnavailableAsync(HttpContext context) => SayClosingAsync(context, ReconnectSchedule.Unavailable());

    /// <summary>Answers a reader whose token was revoked.</summary>
    public Task SayRevokedAsync(HttpContext context) => SayClosingAsync(context, new(CloseReason.Revoked, TimeSpan.Zero));

    private async Task SayClosingAsync(HttpContext context, Closing closing)
    {
        counters.Closings.Add(closing.Reason);
        var writer = Begin(context);
        // Without a cursor: the browser keeps its own.
        writer.Write(new CurrentItem(cursor: null).AsClosing(closing));
        await writer.FlushAsync(context.RequestAborted);
    }

    private SseWriter Begin(HttpContext context)
    {
        var response = context.Response;
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-cache, no-store, no-transform";
        response.Headers["X-Accel-Buffering"] = "no";
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        // Kestrel would cut a slow reader after 5 s; the writer has its own rule for a stalled reader.
        if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate) rate.MinDataRate = null;
        return new(response.BodyWriter, time);
    }

    /// <summary>Writes all items that are ready in one go, and flushes when there are no more. False if the reader has stalled.</summary>
    private async Task<bool> CopyAsync(Subscription subscription, SseWriter writer, CancellationToken cancel)
    {
        TimeSpan? firstRetry = TimeSpan.FromMilliseconds(Random.Shared.Next(1000, 3000));
        await using var items = subscription.ReadAsync(cancel).GetAsyncEnumerator(cancel);
        while (true)
        {
            var next = items.MoveNextAsync();
            if ((!next.IsCompleted || writer.MustFlush) && !await writer.FlushAsync(cancel))
            {
                subscription.End(CloseReason.TooSlow);
                await next;
                await SayTooSlowAsync(writer, cancel);
                return false;
            }
            if (!await next) return await writer.FlushAsync(cancel);
            // A closing has its own reconnect delay, also as the first item.
            writer.Write(items.Current, items.Current.Kind == FeedItemKind.Closing ? null : firstRetry);
            firstRetry = null;
        }
    }

    // Without a cursor: the subscription's cursor is ahead of what the reader has accepted.
    private async Task SayTooSlowAsync(SseWriter writer, CancellationToken cancel)
    {
        counters.Closings.Add(CloseReason.TooSlow);
        writer.Write(new CurrentItem(cursor: null).AsClosing(ReconnectSchedule.TooSlow()));
        await writer.FlushAsync(LastWords, cancel);
    }

    private static bool TryReadStart(HttpRequest request, Caller caller, [NotNullWhen(true)] out StartAt? start)
    {
        if (LastEventId.Of(request) is not { } lastEventId) return StartAt.TryParse(request.Query["after"], caller.User, out start);
        start = Cursor.TryParse(lastEventId, caller.User, out var cursor) ? new StartAt.After(cursor) : new StartAt.Unknown();
        return true;
    }
}
