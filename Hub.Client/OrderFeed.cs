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
/// Reads a user's notifications. The feed delivers each notification once, in order within its topic, and reconnects by itself when a
/// connection or a server fails.
/// </summary>
/// <remarks>
/// <code>
/// await using var feed = await OrderFeed.ConnectAsync(new() { Server = new("https://hub.example"), Token = GetTokenAsync });
/// await foreach (var order in feed.ReadAllAsync(cancel))
///     await HandleAsync(order);               // the position is saved after your code returned
/// </code>
/// A notification that your code has not finished with (an exception, the end of the program, a loop that was left) is delivered again: to
/// the next loop, or to the next program with the same <see cref="OrderFeedOptions.CursorStore"/>. Loops may run on a thread with a
/// synchronization context; the feed itself never needs that thread.
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
        _status = new FeedStatus(options.OnStateChanged, options.CallbackContext, _log);
        _saver = new CursorSaver(options, _log);
        var tokens = options.Token is { } provider
            ? new FeedTokens(provider, options.User, options.TokenTimeout, options.TimeProvider)
            : null;
        _acknowledgements = options.Connection is { } hub ? new HubAcknowledgements(hub) : new HttpAcknowledgements(options, tokens!);
        IConnector connector = options.Connection is { } given
            ? new GivenConnector(given, options.TimeProvider)
            : new OwnConnector(options, tokens!, _log);
        _loop = new FeedLoop(connector, tokens, _saver, _buffer, _status, options, _log);
        // On the pool: the caller's thread may belong to a user interface, and token provider and store are code of others.
        _running = Task.Run(() => _loop.RunAsync(_closing.Token));
        _disposal = new(CloseAsync);
        AppDomain.CurrentDomain.ProcessExit += OnExit;
    }

    /// <summary>The current state of the feed. <see cref="OrderFeedOptions.OnStateChanged"/> reports changes.</summary>
    public FeedState State => _status.Current;

    /// <summary>
    /// The transport in use; null if the feed is not connected or uses a given <see cref="OrderFeedOptions.Connection"/>.
    /// </summary>
    public Transport? Transport => State.Transport;

    /// <summary>Opens a feed. Returns when the first item has arrived, so the connection is known to work.</summary>
    /// <remarks>
    /// If the server is unavailable, the feed keeps trying, as it does later; use <paramref name="cancel"/> to limit that.
    /// </remarks>
    /// <exception cref="ArgumentException">An option is missing or out of range; the message says how to fix it.</exception>
    /// <exception cref="OrderFeedRefusedException">The server refuses the token or the user.</exception>
    /// <exception cref="InvalidOperationException">There is a cursor store, but neither the token nor <see cref="OrderFeedOptions.User"/>
    /// names the user.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancel"/> was cancelled first; nothing stays open.</exception>
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

    /// <summary>Yields each notification once, until the feed is closed; gaps go to <see cref="OrderFeedOptions.OnGap"/>.</summary>
    /// <inheritdoc cref="ReadItemsAsync"/>
    public IAsyncEnumerable<OrderNotification> ReadAllAsync(CancellationToken cancel = default) =>
        new ProcessSpans<OrderNotification>(NotificationsAsync(cancel));

    private async IAsyncEnumerable<OrderNotification> NotificationsAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        await foreach (var item in ItemsAsync(cancel).ConfigureAwait(false))
        {
            if (item is OrderNotification notification) yield return notification;
            else if (item is OrderGap gap && _options.OnGap is { } handle)
            {
                var isHandled = await Callbacks.RunAsync(
                    _options.CallbackContext, () => handle(gap, cancel), _closing.Token, cancel).ConfigureAwait(false);
                if (!isHandled) yield break;
            }
            else if (item is OrderGap lost) _log.GapUnhandled(lost.Topic, lost.After, lost.Next, lost.Reason);
        }
    }

    /// <summary>Yields the notifications and the gaps between them, until the feed is closed.</summary>
    /// <remarks>
    /// An item counts as handled when the loop asks for the next one; the feed then saves the position after the item. If the loop ends in
    /// the middle of its body (an exception, <c>break</c>), the next loop gets that item again. Only one loop can read at a time.
    /// </remarks>
    /// <param name="cancel">Ends the loop between two items, with <see cref="OperationCanceledException"/>. The feed stays open.</param>
    /// <exception cref="OrderFeedRefusedException">The server refuses this reader. Fix the cause and open a new feed.</exception>
    /// <exception cref="InvalidOperationException">Another loop is reading this feed.</exception>
    public IAsyncEnumerable<OrderFeedItem> ReadItemsAsync(CancellationToken cancel = default) =>
        new ProcessSpans<OrderFeedItem>(ItemsAsync(cancel));

    private async IAsyncEnumerable<OrderFeedItem> ItemsAsync([EnumeratorCancellation] CancellationToken cancel)
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

    /// <summary>Acknowledges everything up to an item, for all of the user's devices.</summary>
    /// <remarks>
    /// The acknowledged position never moves back, in whatever order devices acknowledge. It is separate from the position that the feed
    /// saves for itself.
    /// </remarks>
    /// <returns>How many notifications are unread now.</returns>
    /// <exception cref="ArgumentException">The server does not know this position, or no longer knows it.</exception>
    /// <exception cref="HttpRequestException">The acknowledgement failed; retry. With a given connection, its own exceptions are thrown
    /// instead.</exception>
    public Task<long> AcknowledgeAsync(OrderFeedItem upTo, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(upTo);
        return AcknowledgeAsync(upTo.Cursor, cancel);
    }

    /// <param name="cursor">The <see cref="OrderFeedItem.Cursor"/> of an item that was received earlier.</param>
    /// <inheritdoc cref="AcknowledgeAsync(OrderFeedItem, CancellationToken)"/>
    public Task<long> AcknowledgeAsync(string cursor, CancellationToken cancel = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(cursor);
        return _acknowledgements.AcknowledgeAsync(cursor, cancel);
    }

    /// <summary>How many notifications the user has not acknowledged; a notification to several topics counts once in each.</summary>
    /// <exception cref="HttpRequestException">The request failed; retry. With a given connection, its own exceptions are thrown
    /// instead.</exception>
    public Task<long> UnreadAsync(CancellationToken cancel = default) => _acknowledgements.UnreadAsync(cancel);

    /// <summary>
    /// Tries to connect now if the feed is waiting for its next attempt (the user has asked, the network is back). Otherwise it does
    /// nothing.
    /// </summary>
    public void ReconnectNow() => _loop.RetryNow();

    /// <summary>
    /// Closes the feed: ends the loop that reads it after the current item, closes the connection (a given one is left open), and saves the
    /// position. Takes a few seconds at most. May be called more than once, also from inside the loop.
    /// </summary>
    public async ValueTask DisposeAsync() => await _disposal.Value.ConfigureAwait(false);

    /// <summary>A program that ends without closing its feed still keeps the position that is being saved.</summary>
    private void OnExit(object? sender, EventArgs exit) => _saver.FlushAsync().Wait(FeedLimits.SavePatience);

    private async Task CloseAsync()
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        await _saver.FlushAsync().ConfigureAwait(false);
        _acknowledgements.Dispose();
        AppDomain.CurrentDomain.ProcessExit -= OnExit;
    }
}
