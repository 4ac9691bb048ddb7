import type { Item } from "./items.js";
import type { FeedState } from "./state.js";

/** Where a feed's items come from: a connection of its own, or the one that all tabs share. */
export interface Source {
  /** Works until it is stopped or sent away for good. Returns why it ended. */
  run(): Promise<string>;
  stop(): void;
  /** The reader is full. */
  pause(): void;
  /** The reader has room again. */
  resume(): void;
  /** Drops the connection and makes another one at once. */
  reconnectNow(): void;
  /** Passes on what is not acknowledged, to whoever shares this source. */
  tellUnread(unread: number): void;
}

export interface Sink {
  /** The next item, without holes. */
  item(item: Item): void;
  state(change: Partial<FeedState>): void;
  /** Continuity is not known: the server could not read the cursor. */
  lost(): void;
}
