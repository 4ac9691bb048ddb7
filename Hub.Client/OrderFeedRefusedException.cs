namespace Realtime.Client;

/// <summary>The server does not want this reader: coming back would change nothing, so the feed has closed for good.</summary>
/// <remarks>Find out why (the message says what the server said), mend it, and open a new feed.</remarks>
public sealed class OrderFeedRefusedException : Exception
{
    internal OrderFeedRefusedException(string message, Exception? cause = null) : base(message, cause) { }
}
