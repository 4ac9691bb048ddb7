/** A transport must bring its first item within this, negotiation included; doubled with each round in which none did. */
export const carryLimitMs = 4_000;

/** … up to this. Nothing on a working line takes so long. */
export const maxCarryLimitMs = 30_000;

/** A link that said nothing for so long is dead: the server breaks its silence every 15 s (event stream) or 25 s (long poll). */
export const watchdogMs = 45_000;

/** How long a link may take to prove that it lives, when the page has woken or the network has changed. */
export const checkLimitMs = 5_000;

/** A connection that held so long counts as good: the next wait is short again. */
export const stableAfterMs = 10_000;

/** For so long a transport that did not carry where another one did is tried last. */
export const forgiveAfterMs = 10 * 60_000;

/** So long without an item after the connection was made, and the reader has caught up. */
export const quietMs = 250;

/** A notification is new if its time is after the connect and no further ahead of this machine's clock than this. Where a clock is off, its pace tells. */
export const aheadMs = 2_000;

/** So long is the pace of a stream measured at a time. */
export const paceMeasureMs = 2_000;

/** So much faster than the clock may the notifications' time pass in a live stream: its arrival is not even. */
export const livePace = 1.5;

/** One request to the plain API. */
export const requestLimitMs = 10_000;

/** Ids that are remembered to drop the second copy of a notification. */
export const recentIds = 2_000;
