import type { CloseReason } from "./close-reasons.js";

/** One event about one order. */
export interface Notification {
  /** The reader's position, this notification included: pass it to `acknowledge`. */
  readonly cursor: string;
  /** `user:<id>`, `group:<name>` or `all`. */
  readonly topic: string;
  /** The position in the topic: 1, 2, 3 … */
  readonly sequence: number;
  readonly id: string;
  /** `order.created`, `order.shipped`, … */
  readonly type: string;
  readonly orderId: string;
  /** RFC 3339, as the publisher sent it. */
  readonly time: string;
  readonly data?: unknown;
  /** The trace of the publish, a W3C `traceparent`; absent if it was not traced. */
  readonly trace?: string;
}

/** `expired`: the retention limit has removed them. `reset`: the store lost data, or continuity is unknown. */
export type GapReason = "expired" | "reset";

/** Notifications that this reader has missed and that no longer exist. */
export interface Gap {
  /** Null: the topic is unknown. */
  readonly topic: string | null;
  /** The last sequence that the reader received; null: unknown. */
  readonly after: number | null;
  /** The sequence that follows now; null: unknown. */
  readonly next: number | null;
  readonly reason: GapReason;
}

/** A gap, in its place among the notifications. The cursor is null if it is unknown. */
export interface GapItem {
  readonly cursor: string | null;
  readonly gap: Gap;
}

export interface Closing {
  readonly reason: CloseReason;
  readonly reconnectInMs: number;
}

/** An item from the server, the same on all transports. */
export type Item = Notification | GapItem | { readonly cursor?: string; readonly closing: Closing } | { readonly cursor: string };

export const isNotification = (item: Item): item is Notification => "sequence" in item;
export const isGap = (item: Item): item is GapItem => "gap" in item;
export const isPosition = (item: Item): item is { cursor: string } => !isNotification(item) && !isGap(item) && !isClosing(item);
export const isClosing = (item: Item): item is { cursor?: string; closing: Closing } => "closing" in item;

/** Where a reader without a saved position begins. */
export const unknownGap: Gap = { topic: null, after: null, next: null, reason: "reset" };
