import type { Clock } from "../clock.js";
import type { Item } from "../items.js";
import type { Transport } from "../state.js";
import type { RefreshAnswer } from "../token-refresh.js";

export interface LinkSetup {
  /** The hub's base address, with a slash at the end. */
  readonly server: URL;
  /** The token that this link begins with: every connect asks for a new one. Null: a cookie identifies the user. */
  readonly token: string | null;
  readonly withCredentials: boolean;
  readonly EventSource: typeof EventSource | undefined;
  readonly clock: Clock;
}

export interface LinkEvents {
  item(item: Item): void;
  /** Something arrived, even if only a heartbeat. */
  heard(): void;
  /** The link can no longer be used. */
  ended(error: Error): void;
}

/** One connection to the hub over one transport. Raises no events after it is closed. */
export interface Link {
  /** Whether {@link LinkEvents.heard} is called at least every 25 s, so that silence means a dead link. */
  readonly hasHeartbeat: boolean;
  open(): Promise<void>;
  /** Starts the stream after a position. Replaces the previous stream, which then reports nothing more. */
  subscribe(after: string | null): Promise<void>;
  /** Ends the stream. The connection stays open, if the transport has a separate one. */
  pause(): void;
  /** Checks that the server responds: rejects, or does not settle, if it does not. Null: this link cannot check. */
  check(): Promise<void> | null;
  /** Gives the open connection the access of another token of the same user. Null: this link cannot. */
  readonly refresh: ((token: string) => Promise<RefreshAnswer>) | null;
  /** The short name of the node that serves this link; undefined: this link cannot ask. Does not reject. */
  node(): Promise<string | undefined>;
  close(): void;
}

export type OpenLink = (transport: Transport, setup: LinkSetup, events: LinkEvents) => Link;

/** The server is unavailable or refuses this caller: no other transport would help. */
export class ServerRefusedError extends Error {
  override readonly name = "ServerRefusedError";
}

/** The server refuses this token, because an operator has disconnected its user. A newer token may be accepted. */
export class RevokedError extends Error {
  override readonly name = "RevokedError";

  constructor() {
    super("The user was disconnected by an operator.");
  }
}

/** The server refuses to negotiate, but may serve this caller without: the plain event stream needs no negotiation. */
export class NegotiationRefusedError extends Error {
  override readonly name = "NegotiationRefusedError";
}

/** The server cannot read the cursor, or the cursor is another user's. */
export class BadCursorError extends Error {
  override readonly name = "BadCursorError";
}
