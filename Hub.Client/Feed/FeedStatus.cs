using Microsoft.Extensions.Logging;

namespace Realtime.Client.Feed;

/// <summary>The feed's state and its listener. Only one task changes it, so that changes arrive in order.</summary>
/// <param name="context">Where the listener is called; null: by the caller of <see cref="Set"/>.</param>
internal sealed class FeedStatus(Action<FeedState>? changed, SynchronizationContext? context, ILogger log)
{
    private static readonly FeedState First = new(FeedPhase.Connecting);

    private FeedState? _current;

    public FeedState Current => Volatile.Read(ref _current) ?? First;

    public void Set(FeedState next)
    {
        if (next == _current) return;
        Volatile.Write(ref _current, next);
        log.StateChanged(next.Phase, next.Transport, next.Reason);
        if (changed is null) return;
        if (context is null)
        {
            Call(next);
            return;
        }
        try
        {
            context.Post(_ => Call(next), null);
        }
        catch (Exception theirs)
        {
            // Such as a window that has been closed.
            log.CallbackFailed(theirs);
        }
    }

    private void Call(FeedState next)
    {
        try
        {
            changed!(next);
        }
        catch (Exception theirs)
        {
            // A listener that fails (a user interface, say) must not cost notifications.
            log.CallbackFailed(theirs);
        }
    }
}
