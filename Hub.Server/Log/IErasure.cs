using Realtime.Server.Notifications;

namespace Realtime.Server.Log;

/// <summary>Erases what a log keeps of one user, on request of an operator: docs/decisions/erasing.md.</summary>
internal interface IErasure
{
    /// <summary>
    /// Erases the entries of the user's topic that are stored now, and its acknowledgement. The topic's head stays. Readers with an
    /// earlier position get a gap (<see cref="GapReason.Expired"/>). The call may be repeated.
    /// </summary>
    /// <exception cref="LogUnavailableException">A part of it may be erased. Retry.</exception>
    Task<Erased> EraseAsync(string user);
}

/// <param name="Entries">How many were erased now.</param>
/// <param name="Head">The topic's last position, up to which all is erased.</param>
/// <param name="Stays">Where the store still has copies: sentences for the operator.</param>
internal sealed record Erased(long Entries, Position Head, IReadOnlyList<string> Stays);
