using Realtime.Server.Log;

namespace Realtime.Server.Publishing;

/// <summary>
/// Bounds the bytes of the publishes that are under way on this node, each counted once for every target: <c>Hub:Limits:PublishBytes</c>. A
/// publish larger than the limit is admitted when no other is under way.
/// </summary>
/// <remarks>
/// Publishes of less than a thousandth of the limit have a budget of the same size for themselves. So small publishes go on while a wide
/// one takes the whole limit.
/// </remarks>
internal sealed class PublishRoom(PublishOptions options)
{
    private const int SmallPart = 1024;

    private readonly Lock _gate = new();
    private readonly Queue<(long Bytes, TaskCompletionSource Admitted)> _waiting = [];   // guarded by _gate; wide ones
    private long _wide;    // bytes under way; guarded by _gate
    private long _small;   // guarded by _gate

    /// <summary>Bytes that a publish takes.</summary>
    public static long BytesOf(Draft draft) => (long)draft.Topics.Count * draft.Body.Length;

    /// <returns>False if there is no room now. Otherwise the caller must give the room back.</returns>
    public bool TryTake(long bytes)
    {
        lock (_gate)
        {
            if (IsSmall(bytes)) return TryTake(ref _small, bytes);
            return _waiting.Count == 0 && TryTake(ref _wide, bytes);
        }
    }

    /// <summary>Waits for room and takes it, in the order of the calls.</summary>
    /// <returns>False if there was no room within the time limit.</returns>
    public async ValueTask<bool> TakeAsync(long bytes, TimeSpan patience, TimeProvider time, CancellationToken cancel)
    {
        if (TryTake(bytes)) return true;
        if (IsSmall(bytes)) return false;
        var admitted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            _waiting.Enqueue((bytes, admitted));
            AdmitWaiting();
        }
        try
        {
            await admitted.Task.WaitAsync(patience, time, cancel);
            return true;
        }
        catch (Exception gaveUp) when (gaveUp is TimeoutException or OperationCanceledException)
        {
            // TrySetCanceled fails if the publish was admitted at the same moment.
            return !admitted.TrySetCanceled(CancellationToken.None);
        }
    }

    public void GiveBack(long bytes)
    {
        lock (_gate)
        {
            if (IsSmall(bytes)) _small -= bytes;
            else _wide -= bytes;
            AdmitWaiting();
        }
    }

    private bool IsSmall(long bytes) => bytes <= options.PublishBytes / SmallPart;

    private bool TryTake(ref long taken, long bytes)
    {
        if (taken > 0 && taken + bytes > options.PublishBytes) return false;
        taken += bytes;
        return true;
    }

    private void AdmitWaiting()
    {
        while (_waiting.TryPeek(out var next))
        {
            var hasGivenUp = next.Admitted.Task.IsCompleted;
            if (!hasGivenUp && !TryTake(ref _wide, next.Bytes)) return;
            _waiting.Dequeue();
            if (!hasGivenUp && !next.Admitted.TrySetResult()) _wide -= next.Bytes;
        }
    }
}
