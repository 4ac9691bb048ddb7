using Microsoft.Extensions.Logging;

namespace Realtime.Client.Feed;

/// <summary>The feed's state, and who is told of it. Changed by one task only, so that the news arrive in order.</summary>
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
            // A window that cannot be painted must not cost notifications.
            log.CallbackFailed(theirs);
        }
    }
}
