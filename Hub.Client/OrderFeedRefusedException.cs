namespace Realtime.Client;

/// <summary>The server refuses this reader. Reconnecting would not help, so the feed is closed.</summary>
/// <remarks>The message contains the server's reason. Fix the cause, then open a new feed.</remarks>
public sealed class OrderFeedRefusedException : Exception
{
    internal OrderFeedRefusedException(string message, Exception? cause = null) : base(message, cause) { }
}
