import type { Item } from "../items.js";
import type { FeedState } from "../state.js";

/** The part of a leader's state that applies to every tab. */
export type SharedState = Omit<FeedState, "sharing">;

/** The messages between tabs. Tabs of two versions may be open at once: if you change a shape, raise {@link protocol}. */
export type Message =
  /** The leader's heartbeat and state: every 2 s, at every change, and when asked. */
  | { readonly kind: "beat"; readonly leader: string; readonly state: SharedState }
  | { readonly kind: "item"; readonly leader: string; readonly item: Item }
  /** Is there a leader? */
  | { readonly kind: "ask" }
  /** To the leader, which may be hidden: this tab is shown again, or the network has changed. */
  | { readonly kind: "wake" }
  /** To the leader: open another connection. */
  | { readonly kind: "reconnect" }
  /** The unread count that the server has just returned. */
  | { readonly kind: "unread"; readonly unread: number };

export const protocol = 1;
