using System.Threading.Channels;
using Realtime.Client;
using Realtime.Tests.Support;

namespace Realtime.Tests.Client;

/// <summary>A program that reads a feed in a loop of its own; the test sees the items that the loop body gets.</summary>
internal sealed class FeedReader : IAsyncDisposable
{
    private readonly Channel<OrderFeedItem> _items = Channel.CreateUnbounded<OrderFeedItem>();

    private FeedReader(OrderFeed feed)
    {
        Feed = feed;
        Loop = ReadAsync();
    }

    public OrderFeed Feed { get; }

    /// <summary>The loop's task; it fails when the loop does.</summary>
    public Task Loop { get; }

    public static async Task<FeedReader> StartAsync(OrderFeedOptions options, CancellationToken cancel) =>
        new(await OrderFeed.ConnectAsync(options, cancel));

    public async Task<OrderFeedItem> NextAsync(CancellationToken cancel) => await _items.Reader.ReadAsync(cancel);

    /// <summary>Waits for a number of items and describes them.</summary>
    public async Task<List<string>> TakeAsync(int count, CancellationToken cancel)
    {
        var items = new List<string>(count);
        while (items.Count < count) items.Add(Describe(await NextAsync(cancel)));
        return items;
    }

    /// <summary>Items that have arrived and were not taken yet.</summary>
    public List<string> Rest()
    {
        var items = new List<string>();
        while (_items.Reader.TryRead(out var item)) items.Add(Describe(item));
        return items;
    }

    public static string Describe(OrderFeedItem item) => item switch
    {
        OrderNotification order => $"{order.Topic} {order.Sequence} {order.OrderId}",
        OrderGap gap => $"gap {gap.Topic} {gap.After}-{gap.Next} {gap.Reason}",
        _ => throw new AssertionException($"An unknown kind of item: {item}"),
    };

    public async ValueTask DisposeAsync()
    {
        await Feed.DisposeAsync();
        await Eventually.Ends("the loop of a closed feed ends", Loop.ContinueWith(_ => { }, TaskScheduler.Default));
    }

    private async Task ReadAsync()
    {
        try
        {
            await foreach (var item in Feed.ReadItemsAsync()) _items.Writer.TryWrite(item);
            _items.Writer.Complete();
        }
        catch (Exception failure)
        {
            _items.Writer.Complete(failure);
            throw;
        }
    }
}
