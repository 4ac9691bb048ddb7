namespace Realtime.Server.Notifications;

/// <summary>How deeply JSON may be nested on each transport. In levels; the outermost object is the first.</summary>
internal static class JsonDepth
{
    /// <summary>The default limit of System.Text.Json and Newtonsoft.Json; the lowest of the parsers in use.</summary>
    public const int OfParsers = 64;

    /// <summary>A notification in an event stream is a text of its own.</summary>
    public const int InEventStream = OfParsers;

    /// <summary>
    /// SignalR wraps it once, <c>{"type":2,"invocationId":"1","item":…}</c>, and reads that with the parser's default, whatever its options
    /// say.
    /// </summary>
    public const int InHubMessage = OfParsers - 1;

    /// <summary>A page of history wraps it twice: <c>{"items":[…]}</c>.</summary>
    public const int InPage = OfParsers - 2;

    /// <summary>The depth that every transport has room for.</summary>
    public const int Everywhere = InPage;

    /// <summary>
    /// The levels of a notification's body, which lacks its opening brace (<see cref="Notification.Body"/>). The result may be too high as
    /// long as it is at most <see cref="Everywhere"/>, because the exact number does not matter then.
    /// </summary>
    public static int OfBody(ReadOnlySpan<byte> body)
    {
        // Vectorised, and sufficient for nearly every body: brackets inside strings only make the count higher.
        var opened = 1 + body.Count((byte)'{') + body.Count((byte)'[');
        return opened <= Everywhere ? opened : Count(body);
    }

    private static int Count(ReadOnlySpan<byte> body)
    {
        var (level, deepest, isText) = (1, 1, false);
        for (var i = 0; i < body.Length; i++)
        {
            switch (body[i])
            {
                case (byte)'"':
                    isText = !isText;
                    break;
                case (byte)'\\':
                    i++;
                    break;
                case (byte)'{' or (byte)'[' when !isText:
                    deepest = Math.Max(deepest, ++level);
                    break;
                case (byte)'}' or (byte)']' when !isText:
                    level--;
                    break;
            }
        }
        return deepest;
    }
}
