using Microsoft.Extensions.Logging;

namespace Realtime.Client.Feed;

/// <summary>The feed's state and its listener. Only one task changes it, so that changes arrive in order.</summary>
internal sealed class FeedStatus(Action<FeedState>? changed, ILogger log)
{
    private static readonly FeedState First = new(FeedPhase.Connecting);

    private FeedState? _current;

    public FeedState Current => Volatile.Read(ref _current) ?? First;

    public void Set(FeedState next)
    {
        if (next == _current) return;
        Volatile.Write(ref _current, next);
        log.StateChanged(next.Phase, next.Transport, next.Reason);
        try
        {
            changed?.Invoke(next);
        }
        catch (Exception theirs)
        {
            // A listener that fails (a user interface, say) must not cost notifications.
            log.CallbackFailed(theirs);
        }
    }
}
