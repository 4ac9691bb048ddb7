namespace Realtime.Client;

/// <summary>Keeps a reader's position over restarts of the program.</summary>
/// <remarks>
/// One store may serve many feeds. A feed never calls it twice at the same time, but different feeds may. If a store loses a cursor,
/// notifications are repeated, but none are lost: the feed then begins after what the user has acknowledged.
/// </remarks>
public interface ICursorStore
{
    /// <summary>The cursor saved last, or an earlier one if the last is lost; null if there is none.</summary>
    /// <exception cref="IOException">The store cannot be read now; connecting fails with this exception.</exception>
    ValueTask<string?> LoadAsync(CursorKey key, CancellationToken cancel);

    /// <summary>
    /// Saves a cursor in place of the previous one. If the save fails or is interrupted, the previous cursor must survive.
    /// Called on a thread of the pool, so it may block.
    /// </summary>
    /// <exception cref="IOException">The cursor was not saved. The feed logs that and goes on; it saves the next cursor as
    /// usual.</exception>
    ValueTask SaveAsync(CursorKey key, string cursor, CancellationToken cancel);
}

/// <summary>The key of a cursor: one user at one server. A cursor is never used under another key.</summary>
/// <param name="Server">The server's address.</param>
/// <param name="User">The user id, which is the token's <c>sub</c> unless <see cref="OrderFeedOptions.User"/> says otherwise.</param>
public readonly record struct CursorKey(string Server, string User);
