namespace Realtime.Server.Security.Revocations;

/// <summary>Where revocations are kept. Requests never ask it: a node knows all of them.</summary>
internal interface IRevocationStore
{
    /// <summary>Stores a user's revocation, or removes it.</summary>
    /// <param name="revocation">Null: the user's tokens count again.</param>
    /// <param name="forget">Users whose revocations are removed, to keep the number of entries within its limit.</param>
    /// <exception cref="RevocationsUnavailableException">Not confirmed. A retry is harmless.</exception>
    Task PutAsync(string user, Revocation? revocation, IReadOnlyList<string> forget);

    /// <summary>All revocations, if they have changed.</summary>
    /// <param name="known">The version that the caller has; null: none.</param>
    /// <returns>Null if nothing has changed.</returns>
    /// <exception cref="RevocationsUnavailableException">What the caller has stays in use.</exception>
    Task<RevocationSet?> ReadAsync(long? known);

    /// <summary>Calls back soon after another node has changed something, as far as announcements arrive.</summary>
    Task ListenAsync(Action changed);
}

/// <summary>All revocations, by user.</summary>
/// <param name="Version">Changes with every change.</param>
internal sealed record RevocationSet(long Version, IReadOnlyDictionary<string, Revocation> ByUser);

/// <summary>The store of revocations cannot be reached now.</summary>
internal sealed class RevocationsUnavailableException(string message, Exception inner) : Exception(message, inner);
