/** The ways of receiving, in the order in which they are tried. */
export const allTransports = ["webSockets", "serverSentEvents", "longPolling", "eventSource"] as const;

export type Transport = (typeof allTransports)[number];

/**
 * How this tab shares its connection: `off` by choice; `unavailable` because the browser has no Web Locks here (plain http on
 * an intranet host), so it has a connection of its own; `leading` holds the connection of all tabs; `following` receives
 * through the tab that does.
 */
export type Sharing = "off" | "unavailable" | "leading" | "following";

export type Status = "idle" | "connecting" | "catching-up" | "live" | "reconnecting" | "closed";

/** What a page shows of its feed. Immutable: each change gives a new object. */
export interface FeedState {
  readonly status: Status;
  /** What carries, or null while nothing does. */
  readonly transport: Transport | null;
  /** The short name of the node that carries, as soon as it is known. An `eventSource` has no way to ask. */
  readonly node?: string | undefined;
  /** Notifications that came since the connection was made and before it was `live`: "17 orders while you were away". */
  readonly caughtUp: number;
  /** While `reconnecting`: when the next attempt begins, in ms since 1970. */
  readonly reconnectAt: number | null;
  /** While `reconnecting`: how long that was when the wait began. */
  readonly reconnectInMs: number | null;
  /** Attempts that failed since a connection held. */
  readonly attempt: number;
  /** Why it is `reconnecting` or `closed`: the server's reason, or what went wrong. */
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
