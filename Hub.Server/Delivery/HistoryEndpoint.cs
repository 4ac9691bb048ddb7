using System.Buffers;
using System.Globalization;
using Realtime.Server.Feed;
using Realtime.Server.Operations;
using Realtime.Server.Security;

namespace Realtime.Server.Delivery;

/// <summary><c>GET /api/notifications?after=&amp;limit=</c>: what is stored, a page at a time.</summary>
internal sealed class HistoryEndpoint(NotificationFeed feed)
{
    public const int DefaultLimit = 100;
    public const int MaxLimit = 500;

    public async Task HandleAsync(HttpContext context)
    {
        var caller = Caller.Of(context.User);
        var errors = new FieldErrors();
        if (!StartAt.TryParse(context.Request.Query["after"], caller.User, out var start)) errors.Add("after", StartAt.Expected);
        if (!TryReadLimit(context.Request, out var limit)) errors.Add("limit", $"Expected a number from 1 to {MaxLimit}; the default is {DefaultLimit}.");
        if (start is null || !errors.IsEmpty)
        {
            await Problems.WriteAsync(context, Problem.Invalid(errors));
            return;
        }

        // In memory first: a store that fails half-way is a 503, not half an answer.
        var body = new ArrayBufferWriter<byte>(4096);
        // The token was good when the request came. An answer that ended early because it is about to expire would claim that there is no more.
        var reader = new Reader(caller.User, caller.Topics, DateTimeOffset.MaxValue);
        await WriteAsync(body, feed.OpenStored(reader, start, pageCount: limit + 1), limit, context.RequestAborted);
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = body.WrittenCount;
        context.Response.Headers.CacheControl = "no-store";
        await context.Response.BodyWriter.WriteAsync(body.WrittenMemory, context.RequestAborted);
    }

    private static async Task WriteAsync(ArrayBufferWriter<byte> body, Subscription stored, int limit, CancellationToken cancel)
    {
        body.Write("{\"items\":["u8);
        var count = 0;
        var cursor = Array.Empty<byte>();
        await using var items = stored.ReadAsync(cancel).GetAsyncEnumerator(cancel);
        var more = await items.MoveNextAsync();
        while (more)
        {
            var item = items.Current;
            if (item.Kind is FeedItemKind.Notification or FeedItemKind.Gap)
            {
                if (count == limit) break;
                if (count++ > 0) body.Write(","u8);
                ItemJson.Write(body, item);
            }
            // Copied before asking for more, which would move it.
            if (count == limit || item.Kind == FeedItemKind.Position) cursor = item.Cursor.ToArray();
            more = await items.MoveNextAsync();
            if (!more && count < limit) cursor = item.Cursor.ToArray();
        }
        cancel.ThrowIfCancellationRequested();

        body.Write("],\"cursor\":\""u8);
        body.Write(cursor);
        body.Write(more ? "\",\"more\":true}"u8 : "\",\"more\":false}"u8);
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
