using System.Threading.Channels;
using Realtime.Client;

namespace Realtime.Samples.Desktop;

/// <summary>
/// Reads the feed. It can be cut, brought back and moved to another transport; it then continues at its position. The screen looks at its
/// members whenever it draws: nothing here waits for the screen's thread.
/// </summary>
internal sealed class Reader : IAsyncDisposable
{
    /// <summary>Rows that may wait for the screen. If more wait, the feed waits too.</summary>
    private const int WaitingRows = 1_000;

    /// <summary>How often the number of unread notifications is asked for: other devices of the user acknowledge too.</summary>
    private static readonly TimeSpan CountEvery = TimeSpan.FromSeconds(2);

    private readonly DesktopOptions _options;
    private readonly Tokens _tokens;
    private readonly TimeProvider _time;
    private readonly MemoryCursorStore _position = new();
    private readonly Channel<OrderRow> _rows = Channel.CreateBounded<OrderRow>(WaitingRows);
    private readonly SemaphoreSlim _switching = new(1);
    private CancellationTokenSource _open = new();
    private Task _running = Task.CompletedTask;
    private volatile OrderFeed? _feed;
    private volatile OrderFeedItem? _last;
    private DateTimeOffset? _downSince, _upSince;

    public Reader(DesktopOptions options, Tokens tokens, TimeProvider time)
    {
        (_options, _tokens, _time) = (options, tokens, time);
        Choice = options.Transport;
    }

    /// <summary>The chosen transport.</summary>
    public Choice Choice { get; private set; }

    /// <summary>The feed's state; null: cut.</summary>
    public FeedState? State { get; private set; }

    /// <summary>Null until the server has said how many.</summary>
    public long? Unread { get; private set; }

    /// <summary>How many notifications were published while the link was down, the last time.</summary>
    public int Missed { get; private set; }

    /// <summary>What the user should know about the last key; null: nothing.</summary>
    public string? Notice { get; private set; }

    /// <summary>A new row, oldest first.</summary>
    public bool TryTake(out OrderRow row) => _rows.Reader.TryRead(out row!);

    /// <summary>Connects, or connects again, over the chosen transport.</summary>
    public Task ConnectAsync() => SwitchAsync(() =>
    {
        State = new(FeedPhase.Connecting);
        _running = Task.Run(() => ReadAsync(_open.Token));
    });

    /// <summary>Drops the link until <see cref="ConnectAsync"/>.</summary>
    public Task CutAsync() => SwitchAsync(() => State = null);

    /// <summary>Uses the next transport of the list.</summary>
    public async Task NextTransportAsync()
    {
        Choice = Choice.Next;
        if (State is not null) await ConnectAsync();
    }

    /// <summary>Ends a wait for the next attempt; brings back a link that was cut.</summary>
    public Task ReconnectNowAsync()
    {
        // Before the first connection there is no feed to ask: a new one begins at once.
        if (_feed is not { } feed) return ConnectAsync();
        feed.ReconnectNow();
        return Task.CompletedTask;
    }

    /// <summary>Acknowledges all that was shown.</summary>
    public async Task AcknowledgeAsync()
    {
        var (feed, last) = (_feed, _last);
        if (feed is null || last is null)
        {
            Notice = last is null ? "There is nothing to acknowledge." : "Not acknowledged: there is no link. Press C to connect.";
            return;
        }
        try
        {
            Unread = await feed.AcknowledgeAsync(last);
            Notice = "Acknowledged, on all devices of the user.";
        }
        catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException or ArgumentException)
        {
            Notice = $"Not acknowledged: {failure.Message} Press A to try again.";
        }
    }

    public async ValueTask DisposeAsync()
    {
        await CutAsync();
        _switching.Dispose();
        _open.Dispose();
    }

    private async Task SwitchAsync(Action next)
    {
        // One at a time, however fast the keys come.
        await _switching.WaitAsync();
        try
        {
            var now = _time.GetUtcNow();
            await _open.CancelAsync();
            await _running;
            GoDown(now);
            _open.Dispose();
            _open = new();
            Notice = null;
            next();
        }
        finally
        {
            _switching.Release();
        }
    }

    private async Task ReadAsync(CancellationToken cancel)
    {
        try
        {
            await using var feed = await OrderFeed.ConnectAsync(Options(cancel), cancel);
            _feed = feed;
            var counting = CountAsync(feed, cancel);
            await foreach (var item in feed.ReadItemsAsync(cancel))
            {
                await _rows.Writer.WriteAsync(RowOf(item), cancel);
                _last = item;
            }
            await counting;
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // Cut, or moved to another transport.
        }
        catch (Exception refused) when (refused is OrderFeedRefusedException or InvalidOperationException)
        {
            // The server refuses the token, or the token names no user: trying again does not help.
            State = new(FeedPhase.Closed) { Reason = refused.Message };
        }
        finally
        {
            _feed = null;
        }
    }

    private OrderFeedOptions Options(CancellationToken cancel)
    {
        var options = new OrderFeedOptions
        {
            Server = _options.Server,
            Token = _tokens.GetAsync,
            CursorStore = _position,
            OnStateChanged = state =>
            {
                if (!cancel.IsCancellationRequested) Enter(state);
            },
        };
        return Choice.Transports is { } chosen ? options with { Transports = chosen } : options;
    }

    private void Enter(FeedState state)
    {
        var now = _time.GetUtcNow();
        if (state.Phase == FeedPhase.CatchingUp) _upSince ??= now;
        else if (state.Phase != FeedPhase.Live) GoDown(now);
        State = state;
    }

    private void GoDown(DateTimeOffset now)
    {
        if (_upSince is null) return;
        (_downSince, _upSince, Missed) = (now, null, 0);
    }

    private OrderRow RowOf(OrderFeedItem item)
    {
        if (item is not OrderNotification order) return OrderRow.Of((OrderGap)item);
        // By the publisher's clock, which is good enough for a mark on the screen.
        var isMissed = order.Time >= _downSince && order.Time < _upSince;
        if (isMissed) Missed++;
        return OrderRow.Of(order, isMissed);
    }

    private async Task CountAsync(OrderFeed feed, CancellationToken cancel)
    {
        using var timer = new PeriodicTimer(CountEvery);
        do
        {
            try
            {
                Unread = await feed.UnreadAsync(cancel);
            }
            catch (Exception later) when (later is HttpRequestException or OperationCanceledException && !cancel.IsCancellationRequested)
            {
                // The state says that the server does not answer; the next tick asks again.
            }
        }
        while (await timer.WaitForNextTickAsync(cancel));
    }
}
