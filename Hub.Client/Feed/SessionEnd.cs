namespace Realtime.Client.Feed;

/// <summary>How a connection ended.</summary>
/// <param name="Carried">Whether at least one item had arrived.</param>
/// <param name="Lasted">The time since the first item.</param>
/// <param name="Reason">A description for people.</param>
/// <param name="Error">The exception that ended it; null if the server ended it.</param>
/// <param name="ReconnectIn">The wait that the server asked for.</param>
/// <param name="Revoked">The server has revoked the user's access: do not reconnect.</param>
internal sealed record SessionEnd(
    bool Carried, TimeSpan Lasted, string Reason, Exception? Error = null, TimeSpan? ReconnectIn = null, bool Revoked = false)
{
    public FailureKind Kind { get; } = Failures.KindOf(Error);

    public bool FellSilent => Carried && Error is TimeoutException;
}
