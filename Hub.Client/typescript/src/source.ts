import type { Item } from "./items.js";
import type { FeedState } from "./state.js";

/** The source of a feed's items: a connection of its own, or the one that all tabs share. */
export interface Source {
  /** Runs until it is stopped or the server closes it permanently. Returns the reason. */
  run(): Promise<string>;
  stop(): void;
  /** The reader is full. */
  pause(): void;
  /** The reader has room again. */
  resume(): void;
  /** Drops the connection and opens another one at once. */
  reconnectNow(): void;
  /** Shares the unread count with the other users of this source. */
  tellUnread(unread: number): void;
}

export interface Sink {
  /** The next item, without holes. */
  item(item: Item): void;
  state(change: Partial<FeedState>): void;
  /** Continuity is unknown: the server could not read the cursor. */
  lost(): void;
}
