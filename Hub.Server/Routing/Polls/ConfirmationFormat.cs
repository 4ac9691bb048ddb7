namespace Realtime.Server.Routing.Polls;

/// <summary>How one node tells another what has become of answers, and which of its connections were opened.</summary>
/// <remarks>
/// One request to an owner carries it as it comes: <c>POST /nodes/confirmations?at=</c>, the time in Unix seconds by Redis's clock, with a
/// mark over the owner's id and that time; in its body one a line: a poll whose answer was delivered, <c>!</c> and a poll whose answer was
/// lost,
/// <c>+</c> and the token of a connection that was opened. It ends after <see cref="ConfirmationStream.MaxAge"/>, and the next begins when
/// there is something to say.
/// </remarks>
internal static class ConfirmationFormat
{
    public const string Path = "/nodes/confirmations";

    /// <summary>The time at which such a request began, in its query.</summary>
    public const string At = "at";

    /// <summary>Before the name of a poll whose answer was lost.</summary>
    public const char Lost = '!';

    /// <summary>Before the token of a connection that was opened.</summary>
    public const char Opened = '+';

    /// <summary>What the mark on such a request covers.</summary>
    public static string Marked(string owner, string at) => $"confirm {owner} {at}";
}
