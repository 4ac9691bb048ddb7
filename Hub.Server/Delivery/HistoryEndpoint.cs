using System.Globalization;
using Realtime.Server.Feed;
using Realtime.Server.Http;
using Realtime.Server.Node;
using Realtime.Server.Security;

namespace Realtime.Server.Delivery;

/// <summary><c>GET /api/notifications?after=&amp;limit=</c>: stored notifications, a page at a time.</summary>
internal sealed class HistoryEndpoint(NotificationFeed feed, PagesUnderWay pages, HubCounters counters, TimeProvider time)
{
    public const int DefaultLimit = 100;
    public const int MaxLimit = 500;

    private static readonly Problem TooMany = new(
        StatusCodes.Status429TooManyRequests, "Too many pages of history at a time for one user (Hub:Limits:ConnectionsPerUser).",
        RetryAfterSeconds: 1);

    public async Task HandleAsync(HttpContext context)
    {
        var caller = Caller.Of(context.User);
        var errors = new FieldErrors();
        if (!StartAt.TryParse(context.Request.Query["after"], caller.User, out var start)) errors.Add("after", StartAt.Expected);
        if (!TryReadLimit(context.Request, out var limit))
            errors.Add("limit", $"Expected a number from 1 to {MaxLimit}; the default is {DefaultLimit}.");
        if (start is null || !errors.IsEmpty)
        {
            await Problems.WriteAsync(context, Problem.Invalid(errors));
            return;
        }
        if (!pages.TryBegin(caller.User))
        {
            counters.Refused.Add(RefusingLimit.HistoryPages);
            await Problems.WriteAsync(context, TooMany);
            return;
        }

        try
        {
            // The token was valid when the request came. A response that ended early because the token is about to expire would claim that
            // there is no more.
            var reader = caller.ToReader(DateTimeOffset.MaxValue);
            var page = new HistoryPage(context.Response, limit, bytes => pages.PaceAsync(caller.User, bytes, context.RequestAborted), time);
            if (!await page.SendAsync(feed.OpenStored(reader, start, pageCount: limit + 1), context.RequestAborted)) context.Abort();
        }
        finally
        {
            pages.End(caller.User);
        }
    }

    private static bool TryReadLimit(HttpRequest request, out int limit)
    {
        limit = DefaultLimit;
        return request.Query["limit"] switch
        {
            [] => true,
            [{ } text] => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out limit) && limit is >= 1 and <= MaxLimit,
            _ => false,
        };
    }
}
