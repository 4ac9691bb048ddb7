namespace Realtime.Server.Routing;

/// <summary>The headers of what one node sends to another.</summary>
internal static class ForwardHeaders
{
    /// <summary>Signs the request, with a key that only the nodes share.</summary>
    public const string Mark = "X-Hub-Forwarded";

    public const string For = "X-Forwarded-For";
    public const string Proto = "X-Forwarded-Proto";

    /// <summary>
    /// The name of a long poll, and after a space that of an earlier one whose answer was delivered, if this one confirms it. See
    /// <see cref="Polls.PollConfirmations"/>.
    /// </summary>
    public const string Poll = "X-Hub-Poll";
}
