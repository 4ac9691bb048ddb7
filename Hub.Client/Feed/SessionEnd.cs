namespace Realtime.Client.Feed;

/// <summary>How the life of a connection ended.</summary>
/// <param name="Carried">Whether at least one item had arrived.</param>
/// <param name="Lasted">How long since the first one.</param>
/// <param name="Reason">In words, for people.</param>
/// <param name="Error">What broke it; null: the server ended it.</param>
/// <param name="ReconnectIn">When the server would like to see the reader again.</param>
/// <param name="Revoked">The server does not want to.</param>
internal sealed record SessionEnd(
    bool Carried, TimeSpan Lasted, string Reason, Exception? Error = null, TimeSpan? ReconnectIn = null, bool Revoked = false)
{
    public FailureKind Kind { get; } = Failures.KindOf(Error);

    public bool FellSilent => Carried && Error is TimeoutException;
}
