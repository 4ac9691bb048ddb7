namespace Realtime.Server.Routing;

/// <summary>The headers of requests from one node to another.</summary>
internal static class ForwardHeaders
{
    /// <summary>Signs the request with a key that only the nodes share.</summary>
    public const string Mark = "X-Hub-Forwarded";

    public const string For = "X-Forwarded-For";
    public const string Proto = "X-Forwarded-Proto";

    /// <summary>
    /// The name of a long poll. If the poll confirms that an earlier response was delivered, a space and that poll's name follow. See
    /// <see cref="Polls.PollConfirmations"/>.
    /// </summary>
    public const string Poll = "X-Hub-Poll";
}
