namespace Realtime.Client;

/// <summary>Keeps a reader's position over restarts of the program.</summary>
/// <remarks>
/// One store may serve many feeds. A feed calls it from one place at a time; different feeds may call at once. What a store loses costs
/// repeats, never a loss: the feed then begins behind what the user has acknowledged.
/// </remarks>
public interface ICursorStore
{
    /// <summary>The cursor saved last, or an earlier one if that is lost; null: none.</summary>
    /// <exception cref="IOException">It cannot be read now; connecting fails with this.</exception>
    ValueTask<string?> LoadAsync(CursorKey key, CancellationToken cancel);

    /// <summary>Saves a cursor in place of the one before. Should it fail or be interrupted, the one before must survive.</summary>
    /// <exception cref="IOException">It was not saved. The feed logs that and goes on; the next cursor is saved as usual.</exception>
    ValueTask SaveAsync(CursorKey key, string cursor, CancellationToken cancel);
}

/// <summary>Whose cursor it is: one user's at one server. A cursor is never used under another key.</summary>
/// <param name="Server">The server's address.</param>
/// <param name="User">The user id, which is the token's <c>sub</c> unless <see cref="OrderFeedOptions.User"/> says otherwise.</param>
public readonly record struct CursorKey(string Server, string User);
