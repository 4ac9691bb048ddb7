using Microsoft.Extensions.Logging;
using Realtime.Client.Feed.Connections;
using Realtime.Client.Feed.Items;
using Realtime.Client.Feed.Waking;

namespace Realtime.Client.Feed;

/// <summary>One connection: opens it, subscribes from the reader's position, and reads until it ends.</summary>
internal sealed class FeedSession(
    IFeedConnection connection, Transport? transport, Intake intake, FeedBuffer buffer, FeedStatus status, OrderFeedOptions options,
    ILogger log)
{
    private readonly Lock _gate = new();
    private readonly TimeProvider _time = options.TimeProvider;
    private readonly LinkTest _test = new(connection.TestAsync, options.TimeProvider);
    private Exception? _diedOf;         // written under _gate; why a test failed
    private Deadline? _patience;        // guarded by _gate
    private bool _isHurried;            // guarded by _gate
    private long? _carriedAt;           // written under _gate
    private bool _caughtUp;
    private Pace _pace = new(options.TimeProvider);

    /// <summary>Runs when the first item has arrived.</summary>
    public Action? Carries { get; init; }

    /// <exception cref="OperationCanceledException">The feed was closed.</exception>
    public async Task<SessionEnd> RunAsync(CancellationToken stop)
    {
        intake.Connected();
        try
        {
            return await ReadAndLeaveAsync(stop).ConfigureAwait(false);
        }
        catch (Exception) when (stop.IsCancellationRequested)
        {
            throw new OperationCanceledException(stop);
        }
        catch (OrderFeedRefusedException refused)
        {
            return End(refused.Message, refused) with { Revoked = true };
        }
        catch (Exception failure)
        {
            // Any fault of a transport, a proxy or a server: the feed keeps trying.
            return End(Failures.Describe(failure), failure) with { ReconnectIn = connection.ReconnectIn };
        }
    }

    /// <summary>
    /// The connection may be dead. One that is open is tested; one that is being opened gets the time of a test for its first item, once.
    /// </summary>
    public void Doubt(CancellationToken stop)
    {
        lock (_gate)
        {
            if (_patience is null) return;
            if (_carriedAt is null)
            {
                if (!_isHurried) _patience.Move(FeedLimits.LinkTest);
                _isHurried = true;
                return;
            }
        }
        _test.Start(Die, stop);
    }

    private void Die(Exception failure)
    {
        lock (_gate)
        {
            _diedOf = failure;
            _patience?.Move(TimeSpan.Zero);
        }
    }

    private async Task<SessionEnd> ReadAndLeaveAsync(CancellationToken stop)
    {
        try
        {
            return await ReadAsync(stop).ConfigureAwait(false);
        }
        finally
        {
            lock (_gate) _patience = null;
            var goodbye = connection.DisposeAsync().AsTask();
            // The next connection must not wait for a server that does not answer.
            if (_diedOf is null) await goodbye.ConfigureAwait(false);
        }
    }

    private async Task<SessionEnd> ReadAsync(CancellationToken stop)
    {
        using var patience = new Deadline(_time, options.ConnectTimeout);
        lock (_gate) _patience = patience;
        await WithinAsync(patience, async cancel =>
        {
            await connection.OpenAsync(cancel).ConfigureAwait(false);
            return Verdict.ReadOn;
        }, stop).ConfigureAwait(false);

        while (true)
        {
            WireClosing? closing = null;
            Verdict verdict;
            try
            {
                verdict = await WithinAsync(patience, cancel => SubscribeAsync(patience, said => closing = said, cancel), stop)
                    .ConfigureAwait(false);
            }
            catch (CursorRefusedException) when (intake.HasCursor)
            {
                log.CursorRefused();
                intake.CursorRefused();
                continue;
            }

            switch (verdict)
            {
                case Verdict.Closing:
                    return End($"The server ends the stream ({closing!.Reason}).") with
                    {
                        ReconnectIn = closing.ReconnectIn,
                        Revoked = closing.Reason == WireClosing.Revoked,
                    };
                case Verdict.ReadOn:
                    return End("The server ended the stream.") with { ReconnectIn = connection.ReconnectIn };
                case Verdict.Pause:
                    await PauseAsync(stop).ConfigureAwait(false);
                    break;
                case Verdict.Resubscribe:
                    log.HoleFound();
                    break;
            }
            Wait(patience, options.ConnectTimeout);
        }
    }

    /// <summary>One subscription, until the server or this reader ends it.</summary>
    private async Task<Verdict> SubscribeAsync(Deadline patience, Action<WireClosing> close, CancellationToken cancel)
    {
        intake.Subscribed();
        var items = connection.SubscribeAsync(intake.After, cancel).GetAsyncEnumerator(cancel);
        await using var _ = items.ConfigureAwait(false);
        while (await NextAsync(items).ConfigureAwait(false))
        {
            var item = items.Current;
            // An event stream accepts a user who is disconnected, only to say so.
            if (_carriedAt is null && item.Closing?.Reason != WireClosing.Revoked) Carried();
            // After that: a doubt on another thread must not shorten it again.
            Wait(patience, Timeout.InfiniteTimeSpan);
            if (!_caughtUp && IsNew(item)) CaughtUp();
            var verdict = intake.Take(item);
            if (item.Closing is { } closing) close(closing);
            if (verdict != Verdict.ReadOn) return verdict;
        }
        return Verdict.ReadOn;
    }

    private void Carried()
    {
        lock (_gate) _carriedAt = _time.GetTimestamp();
        // Set the state first: a caller that waits for the feed to connect then sees the transport.
        status.Set(new(FeedPhase.CatchingUp) { Transport = transport });
        Carries?.Invoke();
    }

    /// <summary>Waits for the next item. A pause while it waits means that the reader has caught up.</summary>
    private async ValueTask<bool> NextAsync(IAsyncEnumerator<WireItem> items)
    {
        var next = items.MoveNextAsync();
        if (next.IsCompleted || _caughtUp || _carriedAt is null) return await next.ConfigureAwait(false);
        var waiting = next.AsTask();
        while (!_caughtUp)
        {
            using var over = new CancellationTokenSource();
            await Task.WhenAny(waiting, Task.Delay(FeedLimits.CaughtUpAfter, _time, over.Token)).ConfigureAwait(false);
            await over.CancelAsync().ConfigureAwait(false);
            if (waiting.IsCompleted) break;
            CaughtUp();
        }
        return await waiting.ConfigureAwait(false);
    }

    /// <summary>Whether an item shows that the stream is live.</summary>
    private bool IsNew(WireItem item)
    {
        if (item.Time is not { } text) return false;
        var sent = SentTime.Parse(text);
        _pace.Arrived(sent);
        return _pace.IsLive || (_time.GetUtcNow() - sent).Duration() < FeedLimits.Recent;
    }

    private void CaughtUp()
    {
        if (!buffer.IsEmpty) return;
        _caughtUp = true;
        status.Set(new(FeedPhase.Live) { Transport = transport });
    }

    private async Task PauseAsync(CancellationToken stop)
    {
        log.Paused();
        (_caughtUp, _pace) = (false, new(_time));
        status.Set(new(FeedPhase.CatchingUp) { Transport = transport });
        await buffer.RoomAsync(stop).ConfigureAwait(false);
    }

    /// <summary>Runs a step until the feed stops, or until nothing has arrived within the patience.</summary>
    private async Task<Verdict> WithinAsync(
        Deadline patience, Func<CancellationToken, Task<Verdict>> step, CancellationToken stop)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, patience.Token);
        try
        {
            return await step(either.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OrderFeedRefusedException && patience.IsOver && !stop.IsCancellationRequested)
        {
            if (_diedOf is not null) throw _diedOf;
            var limit = _isHurried ? FeedLimits.LinkTest : options.ConnectTimeout;
            throw new TimeoutException($"Nothing arrived within {limit.TotalSeconds:0.###} s.");
        }
    }

    /// <summary>Gives the next item its time, unless the connection is known to be dead.</summary>
    private void Wait(Deadline patience, TimeSpan time)
    {
        lock (_gate)
        {
            if (_diedOf is null) patience.Move(time);
        }
    }

    private SessionEnd End(string reason, Exception? error = null) =>
        new(_carriedAt is not null, _carriedAt is { } since ? _time.GetElapsedTime(since) : TimeSpan.Zero, reason, error);
}
