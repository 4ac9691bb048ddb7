using Microsoft.Extensions.Logging;

namespace Realtime.Client.Cursors;

/// <summary>
/// Saves the positions that the reader's code has finished with. A save starts at once, but the reader does not wait for it. Positions that
/// arrive during a save replace each other, so a slow disk causes repeats after a crash, but no delay.
/// </summary>
internal sealed class CursorSaver(OrderFeedOptions options, ILogger log)
{
    private readonly Lock _gate = new();
    private CursorKey _key;
    private string? _waiting;                       // guarded by _gate
    private string? _last;                          // guarded by _gate; the last one that was handed in
    private string? _failure;                       // of the last save; only one runs at a time
    private Task _saving = Task.CompletedTask;      // guarded by _gate

    /// <summary>The position that an earlier feed saved for a user; null: none. From now on, positions are saved for this user.</summary>
    /// <param name="user">The user of the token; null if the token does not say.</param>
    /// <exception cref="InvalidOperationException">Neither the token nor the options name the user.</exception>
    public async Task<string?> LoadAsync(string? user, CancellationToken cancel)
    {
        if (options.CursorStore is not { } store) return null;
        _key = new CursorKey(options.Server?.AbsoluteUri ?? "", options.User ?? user ?? throw new InvalidOperationException(
            $"The token is no JWT with a 'sub', so it is not known whose positions to keep: "
            + $"set {nameof(OrderFeedOptions)}.{nameof(OrderFeedOptions.User)}."));
        // The store is the user's code: it may ignore its token, or block. A feed that is closed must not wait for that.
        var key = _key;
        return await Task.Run(() => store.LoadAsync(key, cancel).AsTask(), cancel).WaitAsync(cancel).ConfigureAwait(false);
    }

    public void Save(string cursor)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (options.CursorStore is null || cursor == _last) return;
            _last = _waiting = cursor;
            if (!_saving.IsCompleted) return;
            _saving = ended.Task;
        }
        _ = RunAsync(ended);
    }

    /// <summary>Returns when the last position is saved or has failed, or after <see cref="FeedLimits.SavePatience"/>.</summary>
    public async Task FlushAsync()
    {
        Task saving;
        lock (_gate) saving = _saving;
        try
        {
            await saving.WaitAsync(FeedLimits.SavePatience, options.TimeProvider).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            log.CursorNotSaved($"the store took over {FeedLimits.SavePatience.TotalSeconds:0} s");
        }
    }

    private async Task RunAsync(TaskCompletionSource ended)
    {
        while (TakeNext(ended) is { } cursor)
        {
            try
            {
                await StartSave(cursor).ConfigureAwait(false);
                if (_failure is not null) log.CursorSavedAgain();
                _failure = null;
            }
            catch (Exception failure)
            {
                // Go on after any exception of the user's store: the notifications matter more, and the next position replaces this one.
                // A full disk fails for every notification, and is logged once.
                if (_failure != failure.Message) log.CursorNotSaved(failure.Message);
                _failure = failure.Message;
            }
        }
    }

    /// <summary>
    /// A store is the user's code and may block, and this thread may be a user interface's. Only our store in memory is known not to.
    /// </summary>
    private Task StartSave(string cursor)
    {
        var store = options.CursorStore!;
        return store is MemoryCursorStore
            ? store.SaveAsync(_key, cursor, CancellationToken.None).AsTask()
            : Task.Run(() => store.SaveAsync(_key, cursor, CancellationToken.None).AsTask());
    }

    private string? TakeNext(TaskCompletionSource ended)
    {
        lock (_gate)
        {
            var next = _waiting;
            _waiting = null;
            if (next is null) ended.SetResult();
            return next;
        }
    }
}
