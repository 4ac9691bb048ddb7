// What bounds the feed's patience and memory. A name that the .NET client has too (FeedLimits.cs, OrderFeedOptions.cs) means the
// same there and has its value; limits.test.ts compares them.

/** How long a transport may take from its start to the first item, and a token to be given; doubled with each round in which no transport carried. */
export const connectTimeoutMs = 10_000;

/** … up to this. Nothing on a working line takes so long. */
export const longestConnectTimeoutMs = 30_000;

/** How many items may wait for the handler, unless `options.bufferedItems` says otherwise. */
export const bufferedItems = 4_096;

/** The fewest and the most that it may say. */
export const fewestBufferedItems = 2;
export const mostBufferedItems = 1_000_000;

/**
 * A link that says nothing for so long is dead, and so is a request whose whole answer takes longer. The server speaks every 15 s on
 * event streams and WebSockets and ends a poll after 25 s, so that one word may be lost or late.
 */
export const silenceMs = 45_000;

/** How long a link may take to prove that it lives, when the page has woken or the network has changed. */
export const proofMs = 5_000;

/** The first wait between tries is drawn from 0 to this; it doubles with each failure. */
export const firstRetryMs = 500;

/** The longest time that a wait between tries is drawn from, unless the server asks for more. */
export const longestRetryMs = 30_000;

/** The longest wait that a server can ask for: a wrong number must not silence a reader for good. */
export const longestAdviceMs = 5 * 60_000;

/** A connection that lasted so long was a good one: its end counts as the first failure, not as one more. */
export const stableAfterMs = 5_000;

/** When so long nothing has arrived, the reader has caught up. More than a round trip, less than people notice. */
export const caughtUpAfterMs = 300;

/** A notification is new if its time is after the connect and no further ahead of this machine's clock than this. Where a clock is off, its pace tells. */
export const recentMs = 2_000;

/** So long is the pace of a stream measured at a time. */
export const paceMeasureMs = 2_000;

/** So much faster than the clock may the notifications' time pass in a live stream: its arrival is not even. */
export const livePace = 1.5;

/** For so long a transport that did not carry where another one did is tried last. */
export const passOverMs = 10 * 60_000;

/** Ids of notifications that are remembered to drop their copies in other topics. */
export const rememberedIds = 4_096;

/** Topics whose last sequence is remembered; a reader has at most 102 at a time. */
export const rememberedTopics = 1_024;

/** How long a cursor store may take to save: the handler's next order waits for it, and so does the end of the feed. */
export const savePatienceMs = 5_000;

/** How long a server may take to agree to the end of a connection. */
export const farewellMs = 1_000;

/** The most that one page of the log holds. */
export const pageItems = 500;

/** Items that come to a tab while it reads a page; beyond this they are let go, and read from the log too. */
export const heldItems = 1_000;

/** How often a leading tab shows that it lives. */
export const beatMs = 2_000;

/** So long without a beat, and another tab may take the lock away: a frozen tab keeps it. */
export const leaderSilenceMs = 6_000;

/** Not all followers do that at the same moment: each waits so much longer at most. */
export const leaderSilenceSpreadMs = 1_000;

// Timers of hidden tabs are slowed to one a minute, so that silence alone proves nothing; but messages are delivered at
// once, and a leader that lives answers this question.
export const askLeaderAfterMs = 4_000;
export const leaderAnswerMs = 1_500;

/** How often a follower looks for its leader. */
export const leaderLookMs = 500;

/** How often a page looks at the clock, and how late it must be to have slept. */
export const sleepLookMs = 10_000;
export const sleptMs = 20_000;

/** Followers ask for the unread count so much later than the leader, up to twice: its answer usually spares them. */
export const unreadSpreadMs = 500;

/** What comes so soon after the server has counted may have been counted. */
export const unreadNearMs = 1_000;

/** How long after a doubtful count the server is asked again: twice as long each time, up to the last. */
export const firstRecountMs = 1_000;
export const longestRecountMs = 60_000;
