using Microsoft.Extensions.Logging;
using Realtime.Client.Cursors;
using Realtime.Client.Feed.Connections;
using Realtime.Client.Feed.Items;
using Realtime.Client.Feed.Waking;

namespace Realtime.Client.Feed;

/// <summary>
/// Keeps a feed connected until it is closed: tries transports until one works, reads until that connection ends, waits, and starts again.
/// </summary>
internal sealed class FeedLoop(
    IConnector connector, FeedTokens? tokens, CursorSaver saver, FeedBuffer buffer, FeedStatus status, OrderFeedOptions options,
    ILogger log)
{
    private readonly Intake _intake = new(buffer, options.StartFrom);
    private readonly TaskCompletionSource _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly RetrySchedule _schedule = new(options.Random);
    private readonly TimeProvider _time = options.TimeProvider;
    private Action? _lookAtClocks;
    private CancellationToken _stop;
    private FeedSession? _session;
    private long _doubtedAt = Never;
    private TaskCompletionSource _retryNow = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _refusedTokens, _revokedTokens;
    private bool _isLoaded;

    private const long Never = long.MinValue;

    /// <summary>Completes with the first item that arrives, or fails if the feed closes first.</summary>
    public Task Connected => _connected.Task;

    /// <summary>Ends the current wait now; does nothing if there is none.</summary>
    public void RetryNow() => Volatile.Read(ref _retryNow).TrySetResult();

    /// <summary>Runs until the feed is closed. Never fails: the buffer and <see cref="Connected"/> report why the feed ended.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        _stop = stop;
        using var watch = options.WatchNetwork ? new LinkWatch(_time, Doubt, log) : null;
        if (watch is not null) _lookAtClocks = watch.Look;
        try
        {
            while (true)
            {
                var end = await RoundAsync(stop).ConfigureAwait(false);
                if (WhyClosed(end) is { } refused)
                {
                    log.Refused(refused.Message);
                    Close(refused);
                    return;
                }
                await PauseAsync(end, stop).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            Close(null);
        }
        catch (Exception bug)
        {
            Close(bug);
        }
    }

    /// <summary>Tries the transports until one works, and reads from it until the connection ends.</summary>
    private async Task<SessionEnd> RoundAsync(CancellationToken stop)
    {
        status.Set(new(FeedPhase.Connecting) { Attempt = _schedule.Attempt });
        var failures = new List<(Transport? Transport, SessionEnd End)>();
        string? token;
        try
        {
            token = tokens is null ? null : await tokens.AskAsync(stop).ConfigureAwait(false);
        }
        catch (Exception failure) when (!stop.IsCancellationRequested)
        {
            return new(false, TimeSpan.Zero, $"No token: {failure.Message}", failure) { Revoked = failure is OrderFeedRefusedException };
        }

        await LoadAsync(stop).ConfigureAwait(false);
        foreach (var transport in connector.Order())
        {
            var session = new FeedSession(connector.Create(transport, token), transport, _intake, buffer, status, options, log)
            {
                Carries = () => Carries(transport, [.. failures.Select(f => f.Transport)]),
            };
            Volatile.Write(ref _session, session);
            var end = await session.RunAsync(stop).ConfigureAwait(false);
            Volatile.Write(ref _session, null);
            _lookAtClocks?.Invoke();
            end = end with { Doubted = IsDoubted };
            if (end.Carried)
            {
                connector.Ended(transport, end.FellSilent);
                return end;
            }
            log.DidNotCarry(transport, end.Reason);
            failures.Add((transport, end));
            // If the server is unavailable or refuses the token, another transport would fail too.
            if (end.Revoked || end.Kind is FailureKind.Unreachable or FailureKind.TokenRefused
                or FailureKind.TokenRevoked or FailureKind.UserRevoked) break;
        }
        return Combine(failures);
    }

    /// <summary>
    /// Loads the saved position once. The first token has to be there, because it names the user. A store that cannot be read closes the
    /// feed.
    /// </summary>
    private async Task LoadAsync(CancellationToken stop)
    {
        if (_isLoaded) return;
        if (await saver.LoadAsync(tokens?.User, stop).ConfigureAwait(false) is { } cursor) _intake.GoOnFrom(cursor);
        _isLoaded = true;
    }

    private void Carries(Transport? transport, IReadOnlyList<Transport?> failedBefore)
    {
        (_refusedTokens, _revokedTokens) = (0, 0);
        connector.Carries(transport, failedBefore);
        _connected.TrySetResult();
    }

    private static SessionEnd Combine(List<(Transport? Transport, SessionEnd End)> failures)
    {
        var last = failures[^1].End;
        if (failures.Count == 1) return last;
        var reasons = string.Join(" · ", failures.Select(f => $"{f.Transport}: {f.End.Reason}"));
        // A proxy may forbid WebSockets to all users: the user is forbidden only if every transport is.
        var error = failures.All(f => f.End.Kind == FailureKind.Forbidden) || last.Kind != FailureKind.Forbidden ? last.Error : null;
        return last with { Reason = reasons, Error = error };
    }

    private OrderFeedRefusedException? WhyClosed(SessionEnd end)
    {
        if (end.Error is OrderFeedRefusedException refused) return refused;
        if (end.Revoked) return Refusals.Disconnected();
        if (end.Kind == FailureKind.UserRevoked || (end.Kind == FailureKind.TokenRevoked && ++_revokedTokens >= FeedLimits.RevokedTokens))
            return Refusals.Disconnected(end.Reason, end.Error);
        if (end is { Carried: false, Kind: FailureKind.Forbidden })
            return new($"The server forbids this user to read (403). {end.Reason}", end.Error);
        if (end is not { Carried: false, Kind: FailureKind.TokenRefused }) return null;
        // A user who was connected before may have met a key rotation; for one who never was, the token is invalid.
        return ++_refusedTokens >= FeedLimits.RefusedTokens && !Connected.IsCompleted
            ? new($"The server refuses the token (401), also a second one. {end.Reason}", end.Error)
            : null;
    }

    private async Task PauseAsync(SessionEnd end, CancellationToken stop)
    {
        Volatile.Write(ref _retryNow, new(TaskCreationOptions.RunContinuationsAsynchronously));
        var wait = _schedule.Next(end.Lasted, end.ReconnectIn);
        // A doubt ends one wait, unless the server has asked for it.
        _lookAtClocks?.Invoke();
        if (end.ReconnectIn is null && IsDoubted) wait = TimeSpan.Zero;
        Volatile.Write(ref _doubtedAt, Never);
        log.Reconnecting(wait, _schedule.Attempt, end.Reason);
        status.Set(new(FeedPhase.Reconnecting)
        {
            Attempt = _schedule.Attempt,
            ReconnectIn = wait,
            ReconnectAt = _time.GetUtcNow() + wait,
            Reason = end.Reason,
            Error = end.Error,
        });
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        await Task.WhenAny(_retryNow.Task, Task.Delay(wait, _time, over.Token)).ConfigureAwait(false);
        await over.CancelAsync().ConfigureAwait(false);
        stop.ThrowIfCancellationRequested();
    }

    /// <summary>Whether the program slept or the network changed a moment ago: within the time that a test takes.</summary>
    private bool IsDoubted => Volatile.Read(ref _doubtedAt) is var since and not Never
        && _time.GetElapsedTime(since) < FeedLimits.LinkTest + FeedLimits.Tick;

    /// <summary>The connection may be dead, or the server may be reachable again. Called on any thread.</summary>
    private void Doubt()
    {
        Volatile.Write(ref _doubtedAt, _time.GetTimestamp());
        Volatile.Read(ref _session)?.Doubt(_stop);
        RetryNow();
    }

    private void Close(Exception? error)
    {
        status.Set(new(FeedPhase.Closed) { Reason = error?.Message, Error = error });
        if (error is null) _connected.TrySetCanceled(CancellationToken.None);
        else _connected.TrySetException(error);
        buffer.Complete(error);
    }
}
