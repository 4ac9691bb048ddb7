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

    /// <summary>Whether the server sent nothing more. A laptop that slept is no such case: <see cref="Doubted"/>.</summary>
    public bool FellSilent => Carried && !Doubted && Error is TimeoutException;

    /// <summary>Whether the program slept or the network changed shortly before.</summary>
    public bool Doubted { get; init; }
}
