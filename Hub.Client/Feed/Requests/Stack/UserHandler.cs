namespace Realtime.Client.Feed.Requests.Stack;

/// <summary>The handler that the user's code makes of the feed's own.</summary>
internal static class UserHandler
{
    /// <exception cref="InvalidOperationException">The user's code has returned null.</exception>
    public static (HttpMessageHandler Own, HttpMessageHandler Outer) Of<T>(T own, Func<T, HttpMessageHandler>? configure, string option)
        where T : HttpMessageHandler
    {
        if (configure is null) return (own, own);
        try
        {
            return (own, configure(own) ?? throw new InvalidOperationException($"{option} returned null: return the handler to use."));
        }
        catch
        {
            own.Dispose();
            throw;
        }
    }
}
