import type { Clock } from "../clock.js";
import type { Item } from "../items.js";
import type { Transport } from "../state.js";

export interface LinkSetup {
  /** The hub's base address, with a slash at its end. */
  readonly server: URL;
  /** For this link alone: every connect asks for a fresh one. Null: a cookie speaks for the user. */
  readonly token: string | null;
  readonly withCredentials: boolean;
  readonly EventSource: typeof EventSource | undefined;
  readonly clock: Clock;
}

export interface LinkEvents {
  item(item: Item): void;
  /** Anything came, if only a heartbeat. */
  heard(): void;
  /** The link is of no more use. */
  ended(error: Error): void;
}

/** One connection to the hub over one transport. It says nothing more once it is closed. */
export interface Link {
  /** Whether {@link LinkEvents.heard} is called at least every 25 s, so that silence means death. */
  readonly hasHeartbeat: boolean;
  open(): Promise<void>;
  /** Starts the stream behind a position, in place of the one before, of which nothing more is reported. */
  subscribe(after: string | null): Promise<void>;
  /** Ends the stream and keeps the connection where there is one. */
  pause(): void;
  /** Asks the server for a sign of life: rejects, or does not settle, where there is none. Null: this link cannot ask. */
  check(): Promise<void> | null;
  /** The short name of the node at the other end; undefined: this link cannot ask. Does not reject. */
  node(): Promise<string | undefined>;
  close(): void;
}

export type OpenLink = (transport: Transport, setup: LinkSetup, events: LinkEvents) => Link;

/** The server is not there or does not want this caller: no other transport would help. */
export class ServerRefusedError extends Error {
  override readonly name = "ServerRefusedError";
}

/** The server refuses to negotiate, and might serve this caller without: the plain event stream is another way in. */
export class NegotiationRefusedError extends Error {
  override readonly name = "NegotiationRefusedError";
}

/** The server cannot read the cursor, or it is somebody else's. */
export class BadCursorError extends Error {
  override readonly name = "BadCursorError";
}
