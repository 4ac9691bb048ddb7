using System.Buffers;
using Realtime.Server.Feed;
using Realtime.Server.Http;
using Realtime.Server.Log;

namespace Realtime.Server.Delivery;

/// <summary>One page of history, sent while it is read: <c>{"items":[…],"cursor":"…","more":true}</c>.</summary>
/// <remarks>
/// A page that fits into one piece is sent at the end, with its length, so that an unreadable store is a 503. Of a larger page, only one
/// piece is in memory at a time.
/// </remarks>
/// <param name="pace">Waits until this many bytes may be sent.</param>
internal sealed class HistoryPage(HttpResponse response, int limit, Func<int, ValueTask> pace, TimeProvider time)
{
    /// <summary>Bytes of items after which no further item is added, whatever the limit says.</summary>
    public const int MaxBytes = 1024 * 1024;

    private readonly ArrayBufferWriter<byte> _unsent = new(4096);
    private readonly ArrayBufferWriter<byte> _cursor = new(128);
    private long _bytes;
    private int _count;
    private bool _isCut;

    private bool IsFull => _count == limit || _bytes >= MaxBytes;

    /// <returns>False if the client has stalled or disconnected before the end of the response.</returns>
    /// <exception cref="LogUnavailableException">Nothing was sent.</exception>
    public async Task<bool> SendAsync(Subscription stored, CancellationToken cancel)
    {
        response.ContentType = "application/json";
        response.Headers.CacheControl = "no-store";
        _unsent.Write("{\"items\":["u8);
        await using var items = stored.ReadAsync(cancel).GetAsyncEnumerator(cancel);
        var more = await items.MoveNextAsync();
        while (more)
        {
            var item = items.Current;
            if (item.Kind is FeedItemKind.Notification or FeedItemKind.Gap)
            {
                if (IsFull) break;
                Add(item);
            }
            // Copy the cursor before asking for the next item, which would move it.
            _cursor.ResetWrittenCount();
            _cursor.Write(item.Cursor);
            if (_unsent.WrittenCount >= PacedWrites.PieceBytes && !await SendUnsentAsync(cancel)) return false;
            more = await MoveNextAsync(items);
        }
        cancel.ThrowIfCancellationRequested();

        _unsent.Write("],\"cursor\":\""u8);
        _unsent.Write(_cursor.WrittenSpan);
        _unsent.Write(more || _isCut ? "\",\"more\":true}"u8 : "\",\"more\":false}"u8);
        // Known length: no chunk framing.
        if (!response.HasStarted) response.ContentLength = _unsent.WrittenCount;
        return await SendUnsentAsync(cancel);
    }

    private async ValueTask<bool> MoveNextAsync(IAsyncEnumerator<CurrentItem> items)
    {
        try
        {
            return await items.MoveNextAsync();
        }
        catch (LogUnavailableException) when (_count > 0)
        {
            // A store that fails midway ends the page: the client requests the rest with the cursor.
            _isCut = true;
            return false;
        }
    }

    private void Add(CurrentItem item)
    {
        if (_count++ > 0) _unsent.Write(","u8);
        var before = _unsent.WrittenCount;
        ItemJson.Write(_unsent, item);
        _bytes += _unsent.WrittenCount - before;
    }

    private async ValueTask<bool> SendUnsentAsync(CancellationToken cancel)
    {
        await pace(_unsent.WrittenCount);
        var sent = await PacedWrites.WriteAsync(response.BodyWriter, _unsent.WrittenMemory, time, cancel);
        _unsent.ResetWrittenCount();
        return sent;
    }
}
