// The fixed limits of the feed: waits, sizes and counts. A name that also exists in the .NET client (FeedLimits.cs,
// OrderFeedOptions.cs) has the same meaning and value there; limits.test.ts compares them.

/**
 * The time limit for a transport from its start to the first item, and for a token. Doubled after each round in which no
 * transport worked …
 */
export const connectTimeoutMs = 10_000;

/** … up to this. Nothing on a working line takes so long. */
export const longestConnectTimeoutMs = 30_000;

/** How many items may wait for the handler. Default of `options.bufferedItems`. */
export const bufferedItems = 4_096;

/** The allowed range of that option. */
export const fewestBufferedItems = 2;
export const mostBufferedItems = 1_000_000;

/**
 * A link that receives nothing for this long is dead. A request also fails if its complete response takes longer. The server
 * sends at least every 15 s on event streams and WebSockets, and ends a poll after 25 s. One message may therefore be lost or
 * late.
 */
export const silenceMs = 45_000;

/** The time limit for a link to prove that it works, after the page has woken or the network has changed. */
export const proofMs = 5_000;

/** The first wait between attempts is drawn from 0 to this; the bound doubles with each failure. */
export const firstRetryMs = 500;

/** The upper limit of that bound, unless the server asks for a longer wait. */
export const longestRetryMs = 30_000;

/** The longest wait that a server can ask for: an invalid number must not stop a reader permanently. */
export const longestAdviceMs = 5 * 60_000;

/** A connection that lasted this long was stable: its end counts as the first failure, not as another one in a row. */
export const stableAfterMs = 5_000;

/** The reader has caught up if nothing has arrived for this long. More than a round trip, less than people notice. */
export const caughtUpAfterMs = 300;

/**
 * A catch-up may pause for longer, on a slow network or a busy machine. An old notification that comes within this time after the reader
 * seemed to have caught up still counts as missed.
 */
export const lateMs = 2_000;

/**
 * A notification is new if its time is after the connect, and at most this far ahead of this machine's clock. The pace covers
 * publishers whose clock is off.
 */
export const recentMs = 2_000;

/** The length of one measurement of a stream's pace. */
export const paceMeasureMs = 2_000;

/**
 * In a live stream, the notifications' own time may pass this much faster than the clock, because they do not arrive evenly.
 */
export const livePace = 1.5;

/** How long a transport is tried last after it failed where another one worked. */
export const passOverMs = 10 * 60_000;

/**
 * A feed ends after this many tokens in a row of a user whom an operator has disconnected: the token source may have a newer one, which
 * the server accepts.
 */
export const revokedTokens = 2;

/** An open connection gets a new token this long before its present one ends, or at half of what is left if that is later. */
export const refreshLeadMs = 2 * 60_000;

/** The shortest wait for a refresh: a token source without a newer token is not asked all the time. */
export const shortestRefreshMs = 2_000;

/** The longest wait for a refresh: timers cannot wait for years, which a token may last. */
export const longestRefreshMs = 24 * 60 * 60_000;

/** The time limit for the server to refresh a connection. */
export const refreshPatienceMs = 10_000;

/** How many notification ids are remembered, to drop copies of the same notification in other topics. */
export const rememberedIds = 4_096;

/** Topics whose last sequence is remembered; a reader has at most 102 at a time. */
export const rememberedTopics = 1_024;

/** The time limit for a cursor store to save: the handler's next order waits for it, and so does the end of the feed. */
export const savePatienceMs = 5_000;

/** How long a server may take to confirm the close of a connection. */
export const farewellMs = 1_000;

/** The largest page of the log, in items. */
export const pageItems = 500;

/** How many items a tab keeps while it reads a page; more are dropped and read from the log too. */
export const heldItems = 1_000;

/** How often a leading tab sends its heartbeat. */
export const beatMs = 2_000;

/** After this long without a heartbeat, another tab may take the lock away, because a frozen tab keeps it. */
export const leaderSilenceMs = 6_000;

/** Each follower waits up to this much longer, so that they do not all try at the same moment. */
export const leaderSilenceSpreadMs = 1_000;

// Browsers slow the timers of hidden tabs to one a minute, so silence alone proves nothing. Messages are still delivered at
// once, and a working leader answers this question.
export const askLeaderAfterMs = 4_000;
export const leaderAnswerMs = 1_500;

/** How often a follower checks for its leader. */
export const leaderLookMs = 500;

/** How often a page checks the clock, and how late a check must be to show that the page has slept. */
export const sleepLookMs = 10_000;
export const sleptMs = 20_000;

/**
 * How much later than the leader followers ask for the unread count, up to twice this: the leader's result usually makes it
 * unnecessary.
 */
export const unreadSpreadMs = 500;

/** A notification that arrives this soon after the server's count may be included in it. */
export const unreadNearMs = 1_000;

/** How long after a doubtful count the server is asked again. The wait doubles each time, up to the second value. */
export const firstRecountMs = 1_000;
export const longestRecountMs = 60_000;
