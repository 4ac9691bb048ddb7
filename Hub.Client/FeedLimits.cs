namespace Realtime.Client;

/// <summary>
/// The fixed limits of the feed: waits, sizes and counts. A limit that users have a reason to change is an option instead.
/// </summary>
internal static class FeedLimits
{
    /// <summary>
    /// A stream that sends nothing for this long is dead. A request (a poll, a send, an acknowledgement) also fails if its complete
    /// response takes longer. The server sends at least every 15 s on event streams and WebSockets, and ends a poll after 25 s. One
    /// message may therefore be lost or late.
    /// </summary>
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(45);

    /// <summary>The first wait between attempts is drawn from 0 to this; the bound doubles with each failure.</summary>
    public static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(500);

    /// <summary>The upper limit of that bound, unless the server asks for a longer wait.</summary>
    public static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(30);

    /// <summary>The longest wait that a server can ask for: an invalid number must not stop a reader permanently.</summary>
    public static readonly TimeSpan LongestAdvice = TimeSpan.FromMinutes(5);

    /// <summary>A connection that lasted this long was stable: its end counts as the first failure, not as another one in a row.</summary>
    public static readonly TimeSpan StableAfter = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The reader has caught up if nothing has arrived for this long and the loop has taken everything. More than a round trip, less than
    /// people notice.
    /// </summary>
    public static readonly TimeSpan CaughtUpAfter = TimeSpan.FromMilliseconds(300);

    /// <summary>
    /// A notification whose time is this close to now shows that the stream is live, if notifications arrive too fast for a pause.
    /// <see cref="LivePace"/> covers publishers whose clock is off.
    /// </summary>
    public static readonly TimeSpan Recent = TimeSpan.FromSeconds(2);

    /// <summary>The length of one measurement of a stream's pace.</summary>
    public static readonly TimeSpan PaceMeasure = TimeSpan.FromSeconds(2);

    /// <summary>
    /// In a live stream, the notifications' own time may pass this much faster than the clock, because they do not arrive evenly.
    /// </summary>
    public const double LivePace = 1.5;

    /// <summary>
    /// How long a transport comes last in the order after it failed where a later one worked, or after it repeatedly fell silent.
    /// </summary>
    public static readonly TimeSpan PassOver = TimeSpan.FromMinutes(10);

    /// <summary>
    /// After this many silent connections in a row, the transport is considered not to work here. A single one may be a laptop that slept.
    /// </summary>
    public const int SilencesToPassOver = 2;

    /// <summary>
    /// A feed that was never connected gives up after this many refused tokens (401) in a row: asking the provider twice must be enough.
    /// </summary>
    public const int RefusedTokens = 2;

    /// <summary>
    /// A feed gives up after this many tokens in a row of a user that an operator has disconnected: the provider could give a newer one.
    /// </summary>
    public const int RevokedTokens = 2;

    /// <summary>
    /// A connection is refreshed this long before its token ends, or at half of what is left where that is less than twice as long.
    /// </summary>
    public static readonly TimeSpan RefreshLead = TimeSpan.FromMinutes(2);

    /// <summary>The shortest wait for a refresh, so that a provider without a newer token is not asked all the time.</summary>
    public static readonly TimeSpan ShortestRefresh = TimeSpan.FromSeconds(2);

    /// <summary>The longest wait for a refresh. Timers cannot wait for years, which a token may last.</summary>
    public static readonly TimeSpan LongestRefresh = TimeSpan.FromDays(1);

    /// <summary>How long the server may take for a refresh. It asks other nodes, for at most 2 s.</summary>
    public static readonly TimeSpan RefreshPatience = TimeSpan.FromSeconds(10);

    /// <summary>How many notification ids are remembered, to drop copies of the same notification in other topics.</summary>
    public const int RememberedIds = 4096;

    /// <summary>Topics whose last sequence is remembered; a reader has at most 102 at a time.</summary>
    public const int RememberedTopics = 1024;

    /// <summary>
    /// Bytes of data that may wait for the reader's loop (see <see cref="OrderFeedOptions.BufferedItems"/> for their number).
    /// </summary>
    public const long BufferedBytes = 16L * 1024 * 1024;

    /// <summary>The time limit for a cursor store when the loop or the feed ends.</summary>
    public static readonly TimeSpan SavePatience = TimeSpan.FromSeconds(5);

    /// <summary>How long a server may take to confirm the close of a connection: the next connection should not wait for it.</summary>
    public static readonly TimeSpan Farewell = TimeSpan.FromSeconds(1);

    /// <summary>
    /// The largest response other than an event stream, in bytes. A poll returns at most 64 KiB plus the last item.
    /// </summary>
    public const long AnswerBytes = 16L * 1024 * 1024;

    /// <summary>How often the feed looks at the clocks, to find out whether the program slept.</summary>
    public static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    /// <summary>A tick that comes later than this, by either clock, means that the program slept. Busy machines are late by less.</summary>
    public static readonly TimeSpan SleptAfter = TimeSpan.FromSeconds(5);

    /// <summary>How long a server may take to answer when the connection is in doubt, after a sleep or a change of the network.</summary>
    public static readonly TimeSpan LinkTest = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Connections to the hub's host on .NET Framework, whose default is 2: for some feeds of one program, with a stream or poll and a
    /// send each.
    /// </summary>
    public const int FrameworkConnections = 64;

    /// <summary>How often the state of a connection that reconnects by itself is checked.</summary>
    public static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);
}
