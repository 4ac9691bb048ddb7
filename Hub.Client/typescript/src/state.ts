/** The transports, in the default order. */
export const allTransports = ["webSockets", "serverSentEvents", "longPolling", "eventSource"] as const;

export type Transport = (typeof allTransports)[number];

/**
 * How this tab shares its connection. `off`: by choice. `unavailable`: the browser has no Web Locks here (plain http on an
 * intranet host), so the tab has its own connection. `leading`: this tab holds the connection of all tabs. `following`: this
 * tab receives through the leading one.
 */
export type Sharing = "off" | "unavailable" | "leading" | "following";

export type Status = "idle" | "connecting" | "catching-up" | "live" | "reconnecting" | "closed";

/** The state of a feed, to show on a page. Immutable: each change creates a new object. */
export interface FeedState {
  readonly status: Status;
  /** The transport in use, or null if there is none. */
  readonly transport: Transport | null;
  /** The short name of the connected node, as soon as it is known. An `eventSource` cannot ask for it. */
  readonly node?: string | undefined;
  /** How many missed notifications arrived before the connection was `live`: "17 orders while you were away". */
  readonly caughtUp: number;
  /** While `reconnecting`: when the next attempt begins, in ms since 1970. */
  readonly reconnectAt: number | null;
  /** While `reconnecting`: the length of that wait when it began. */
  readonly reconnectInMs: number | null;
  /** Attempts that failed since the last stable connection. */
  readonly attempt: number;
  /**
   * Why the feed is `reconnecting` or `closed`: the server's reason, or the error. `closed` with `revoked`: an operator has disconnected
   * the user, or the browser session was ended.
   */
  readonly reason: string | null;
  readonly sharing: Sharing;
}

export const idle: FeedState = {
  status: "idle",
  transport: null,
  node: undefined,
  caughtUp: 0,
  reconnectAt: null,
  reconnectInMs: null,
  attempt: 0,
  reason: null,
  sharing: "off",
};
