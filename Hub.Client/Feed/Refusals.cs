namespace Realtime.Client.Feed;

/// <summary>Why a feed is closed for good, in the words that users read.</summary>
internal static class Refusals
{
    /// <param name="words">The server's own explanation.</param>
    public static OrderFeedRefusedException Disconnected(string? words = null, Exception? cause = null) =>
        new($"An operator has disconnected this user: the server has revoked its access. {words}".TrimEnd(), cause);
}
