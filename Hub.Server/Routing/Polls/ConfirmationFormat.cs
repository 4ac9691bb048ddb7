namespace Realtime.Server.Routing.Polls;

/// <summary>How one node confirms responses to another, and reports which of its connections were opened.</summary>
/// <remarks>
/// One request to an owner carries all lines as they arise: <c>POST /nodes/confirmations?at=</c>, the time in Unix seconds by Redis's
/// clock, with a mark over the owner's id and that time. Each line of the body is one of these: a poll whose response was delivered;
/// <c>!</c> and a poll whose response was lost;
/// <c>+</c> and the token of a connection that was opened. The request ends after <see cref="ConfirmationStream.MaxAge"/>. The next one
/// begins when there is a new line.
/// </remarks>
internal static class ConfirmationFormat
{
    public const string Path = "/nodes/confirmations";

    /// <summary>The query parameter with the time at which such a request began.</summary>
    public const string At = "at";

    /// <summary>Precedes the name of a poll whose response was lost.</summary>
    public const char Lost = '!';

    /// <summary>Precedes the token of a connection that was opened.</summary>
    public const char Opened = '+';

    /// <summary>The text that the mark on such a request covers.</summary>
    public static string Marked(string owner, string at) => $"confirm {owner} {at}";
}
