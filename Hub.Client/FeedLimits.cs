namespace Realtime.Client;

/// <summary>What bounds the feed's patience and memory. What somebody has a reason to set is an option instead.</summary>
internal static class FeedLimits
{
    /// <summary>
    /// A stream that says nothing for so long is dead, and so is a request (a poll, a send, an acknowledgement) whose whole answer takes
    /// longer. The server speaks every 15 s on event streams and WebSockets and ends a poll after 25 s, so that one word may be lost or
    /// late.
    /// </summary>
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(45);

    /// <summary>The first wait between tries is drawn from 0 to this; it doubles with each failure.</summary>
    public static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(500);

    /// <summary>The longest time that a wait between tries is drawn from, unless the server asks for more.</summary>
    public static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(30);

    /// <summary>The longest wait that a server can ask for: a wrong number must not silence a reader for ever.</summary>
    public static readonly TimeSpan LongestAdvice = TimeSpan.FromMinutes(5);

    /// <summary>A connection that lasted so long was a good one: its end counts as the first failure, not as one more.</summary>
    public static readonly TimeSpan StableAfter = TimeSpan.FromSeconds(5);

    /// <summary>
    /// When so long nothing has arrived and all was taken, the reader has caught up. More than a round trip, less than people notice.
    /// </summary>
    public static readonly TimeSpan CaughtUpAfter = TimeSpan.FromMilliseconds(300);

    /// <summary>
    /// A notification of this age, where they come too fast for silence, says that the stream is live. Where a clock is off,
    /// <see cref="LivePace"/> does.
    /// </summary>
    public static readonly TimeSpan Recent = TimeSpan.FromSeconds(2);

    /// <summary>How long the pace of a stream is measured at a time.</summary>
    public static readonly TimeSpan PaceMeasure = TimeSpan.FromSeconds(2);

    /// <summary>So much faster than the clock may the notifications' time pass in a live stream: its arrival is not even.</summary>
    public const double LivePace = 1.5;

    /// <summary>How long transports are passed over that failed before the one in use, when the connection is lost.</summary>
    public static readonly TimeSpan PassOver = TimeSpan.FromMinutes(10);

    /// <summary>
    /// So many connections of one transport in a row that fall silent mean that it does not carry here. One may be a laptop that slept.
    /// </summary>
    public const int SilencesToPassOver = 2;

    /// <summary>
    /// Refused tokens (401) in a row before a feed that was never connected gives up: asking the provider twice must be enough.
    /// </summary>
    public const int RefusedTokens = 2;

    /// <summary>Ids of notifications that are remembered to drop their copies in other topics.</summary>
    public const int RememberedIds = 4096;

    /// <summary>Topics whose last sequence is remembered; a reader has at most 102 at a time.</summary>
    public const int RememberedTopics = 1024;

    /// <summary>
    /// Bytes of data that may wait for the reader's loop (see <see cref="OrderFeedOptions.BufferedItems"/> for their number).
    /// </summary>
    public const long BufferedBytes = 16L * 1024 * 1024;

    /// <summary>How long a cursor store may take when the loop or the feed ends.</summary>
    public static readonly TimeSpan SavePatience = TimeSpan.FromSeconds(5);

    /// <summary>How long a server may take to agree to the end of a connection: the next one should not wait for it.</summary>
    public static readonly TimeSpan Farewell = TimeSpan.FromSeconds(1);

    /// <summary>
    /// The largest answer to a request other than an event stream, in bytes. A poll brings 64 KiB and the last item at most.
    /// </summary>
    public const long AnswerBytes = 16L * 1024 * 1024;

    /// <summary>How often a connection that reconnects by itself is looked at.</summary>
    public static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);
}
