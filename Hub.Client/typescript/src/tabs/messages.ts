import type { Item } from "../items.js";
import type { FeedState } from "../state.js";

/** What of a leader's state is every tab's. */
export type SharedState = Omit<FeedState, "sharing">;

/** What tabs say to each other. Tabs of two versions may be open at once: change a shape, and raise {@link protocol}. */
export type Message =
  /** The leader lives and this is how it fares: every 2 s, at every change, and when asked. */
  | { readonly kind: "beat"; readonly leader: string; readonly state: SharedState }
  | { readonly kind: "item"; readonly leader: string; readonly item: Item }
  /** Is there a leader? */
  | { readonly kind: "ask" }
  /** To the leader, which may be hidden: the user has come back to this tab, or the network has. */
  | { readonly kind: "wake" }
  /** To the leader: make another connection. */
  | { readonly kind: "reconnect" }
  /** What is not acknowledged, as the server has just counted. */
  | { readonly kind: "unread"; readonly unread: number };

export const protocol = 1;
