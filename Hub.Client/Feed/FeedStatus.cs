using Microsoft.Extensions.Logging;

namespace Realtime.Client.Feed;

/// <summary>The feed's state, and who is told of it. Changed by one task only, so that the news arrive in order.</summary>
internal sealed class FeedStatus(Action<FeedState>? changed, ILogger log)
{
    private FeedState _current = new(FeedPhase.Connecting);

    public FeedState Current => Volatile.Read(ref _current);

    public void Set(FeedState next)
    {
        if (next == Current) return;
        Volatile.Write(ref _current, next);
        log.StateChanged(next.Phase, next.Transport, next.Reason);
        try
        {
            changed?.Invoke(next);
        }
        catch (Exception theirs)
        {
            // A window that cannot be painted must not cost notifications.
            log.CallbackFailed(theirs);
        }
    }
}
