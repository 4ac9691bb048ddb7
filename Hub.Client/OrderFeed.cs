using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Realtime.Client.Cursors;
using Realtime.Client.Feed;
using Realtime.Client.Feed.Connections;
using Realtime.Client.Feed.Items;
using Realtime.Client.Feed.Requests;

namespace Realtime.Client;

/// <summary>
/// Reads a user's notifications: every one once and in order, topic by topic, whatever happens to connections and servers.
/// </summary>
/// <remarks>
/// <code>
/// await using var feed = await OrderFeed.ConnectAsync(new() { Server = new("https://hub.example"), Token = GetTokenAsync });
/// await foreach (var order in feed.ReadAllAsync(cancel))
///     await HandleAsync(order);               // the position is saved after your code returned
/// </code>
/// A notification that your code has not finished with (it threw, the program ended, the loop was left) comes again: to the next loop, or
/// to the next program with the same <see cref="OrderFeedOptions.CursorStore"/>. Loops may run on a thread with a synchronization context;
/// nothing here needs that thread.
/// </remarks>
public sealed class OrderFeed : IAsyncDisposable
{
    private readonly CancellationTokenSource _closing = new();
    private readonly OrderFeedOptions _options;
    private readonly ILogger _log;
    private readonly FeedBuffer _buffer;
    private readonly FeedStatus _status;
    private readonly FeedLoop _loop;
    private readonly CursorSaver _saver;
    private readonly IAcknowledgements _acknowledgements;
    private readonly Lazy<Task> _disposal;
    private readonly Task _running;
    private int _isRead;

    private OrderFeed(OrderFeedOptions options)
    {
        _options = options;
        _log = options.LoggerFactory?.CreateLogger(FeedLog.Category) ?? NullLogger.Instance;
        _buffer = new FeedBuffer(options.BufferedItems, FeedLimits.BufferedBytes);
        _status = new FeedStatus(options.OnStateChanged, _log);
        _saver = new CursorSaver(options, _log);
        var tokens = options.Token is { } provider ? new FeedTokens(provider, options.User) : null;
        _acknowledgements = options.Connection is { } hub ? new HubAcknowledgements(hub) : new HttpAcknowledgements(options, tokens!);
        IConnector connector = options.Connection is { } given
            ? new GivenConnector(given, options.TimeProvider)
            : new OwnConnector(options, tokens!);
        _loop = new FeedLoop(connector, tokens, _saver, _buffer, _status, options, _log);
        // On the pool: the caller's thread may belong to a user interface, and token provider and store are code of others.
        _running = Task.Run(() => _loop.RunAsync(_closing.Token));
        _disposal = new(CloseAsync);
    }

    /// <summary>Where the feed is now. <see cref="OrderFeedOptions.OnStateChanged"/> tells of changes.</summary>
    public FeedState State => _status.Current;

    /// <summary>What carries the notifications now; null: not connected, or a connection that was built elsewhere.</summary>
    public Transport? Transport => State.Transport;

    /// <summary>Opens a feed and returns it when the first connection carries.</summary>
    /// <remarks>A server that is away is waited for, as later on; limit that with <paramref name="cancel"/>.</remarks>
    /// <exception cref="ArgumentException">An option is missing or out of range; the text says how to mend it.</exception>
    /// <exception cref="OrderFeedRefusedException">The server refuses the token or the user.</exception>
    /// <exception cref="InvalidOperationException">There is a store, and neither the token nor <see cref="OrderFeedOptions.User"/> says for
    /// whom.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancel"/> was cancelled first; nothing is left behind.</exception>
    public static async Task<OrderFeed> ConnectAsync(OrderFeedOptions options, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        var feed = new OrderFeed(options);
        try
        {
            await feed._loop.Connected.WaitAsync(cancel).ConfigureAwait(false);
            return feed;
        }
        catch
        {
            await feed.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The notifications, each once, as long as the feed is open; gaps go to <see cref="OrderFeedOptions.OnGap"/>.</summary>
    /// <inheritdoc cref="ReadItemsAsync"/>
    public async IAsyncEnumerable<OrderNotification> ReadAllAsync([EnumeratorCancellation] CancellationToken cancel = default)
    {
        await foreach (var item in ReadItemsAsync(cancel).ConfigureAwait(false))
        {
            if (item is OrderNotification notification) yield return notification;
            else if (item is OrderGap gap && _options.OnGap is { } handle) await handle(gap, cancel).ConfigureAwait(false);
            else if (item is OrderGap lost) _log.GapUnhandled(lost.Topic, lost.After, lost.Next, lost.Reason);
        }
    }

    /// <summary>The notifications and the gaps between them, as long as the feed is open.</summary>
    /// <remarks>
    /// An item counts as handled, and the position behind it is saved, when the next one is asked for; so whatever leaves the loop in the
    /// middle of its body (an exception, <c>break</c>) leaves that item to the next loop. One loop at a time.
    /// </remarks>
    /// <param name="cancel">Ends the loop between two items, with <see cref="OperationCanceledException"/>. The feed stays open.</param>
    /// <exception cref="OrderFeedRefusedException">The server does not want this reader any more; open a new feed when that is
    /// mended.</exception>
    /// <exception cref="InvalidOperationException">Another loop is reading this feed.</exception>
    public async IAsyncEnumerable<OrderFeedItem> ReadItemsAsync([EnumeratorCancellation] CancellationToken cancel = default)
    {
        if (Interlocked.Exchange(ref _isRead, 1) == 1)
            throw new InvalidOperationException("Another loop is reading this feed: one at a time.");
        try
        {
            while (await _buffer.WaitAsync(cancel).ConfigureAwait(false))
            {
                while (!_closing.IsCancellationRequested && _buffer.TryPeek(out var entry))
                {
                    cancel.ThrowIfCancellationRequested();
                    if (entry!.Item is { } item) yield return item;
                    // Here the loop body has finished with it.
                    _buffer.Remove();
                    _saver.Save(entry.Cursor);
                }
                if (_closing.IsCancellationRequested) yield break;
            }
        }
        finally
        {
            Volatile.Write(ref _isRead, 0);
            await _saver.FlushAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Tells the server, for all of the user's devices, that everything up to an item has been seen.</summary>
    /// <remarks>
    /// It never goes back, whatever order devices say it in. It is apart from the position that the feed saves for itself.
    /// </remarks>
    /// <returns>How many notifications are unread now.</returns>
    /// <exception cref="ArgumentException">The server does not know this position (any more).</exception>
    /// <exception cref="HttpRequestException">It was not acknowledged; try again. (Over a given connection: what that throws.)</exception>
    public Task<long> AcknowledgeAsync(OrderFeedItem upTo, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(upTo);
        return AcknowledgeAsync(upTo.Cursor, cancel);
    }

    /// <param name="cursor">The <see cref="OrderFeedItem.Cursor"/> of an item, kept from earlier.</param>
    /// <inheritdoc cref="AcknowledgeAsync(OrderFeedItem, CancellationToken)"/>
    public Task<long> AcknowledgeAsync(string cursor, CancellationToken cancel = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(cursor);
        return _acknowledgements.AcknowledgeAsync(cursor, cancel);
    }

    /// <summary>How many notifications the user has not acknowledged; one that went to several topics counts in each.</summary>
    /// <exception cref="HttpRequestException">It could not be found out; try again. (Over a given connection: what that
    /// throws.)</exception>
    public Task<long> UnreadAsync(CancellationToken cancel = default) => _acknowledgements.UnreadAsync(cancel);

    /// <summary>
    /// Tries to connect at once instead of waiting (the user has asked, the network is back). Not waiting, it does nothing.
    /// </summary>
    public void ReconnectNow() => _loop.RetryNow();

    /// <summary>
    /// Closes the feed: the loop that reads it ends behind its current item, the connection is closed (a given one: left as it is), and
    /// positions are saved. Takes seconds at most, may be called again, also from inside the loop.
    /// </summary>
    public async ValueTask DisposeAsync() => await _disposal.Value.ConfigureAwait(false);

    private async Task CloseAsync()
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        await _saver.FlushAsync().ConfigureAwait(false);
        _acknowledgements.Dispose();
    }
}
