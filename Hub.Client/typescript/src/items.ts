import type { CloseReason } from "./close-reasons.js";

/** One event about one order. */
export interface Notification {
  /** The reader's position including this notification: what to acknowledge. */
  readonly cursor: string;
  /** `user:<id>`, `group:<name>` or `all`. */
  readonly topic: string;
  /** Its place in the topic: 1, 2, 3 … */
  readonly sequence: number;
  readonly id: string;
  /** `order.created`, `order.shipped`, … */
  readonly type: string;
  readonly orderId: string;
  /** RFC 3339, as the publisher sent it. */
  readonly time: string;
  readonly data?: unknown;
}

/** `expired`: retention removed them. `reset`: the store lost data, or continuity is not known. */
export type GapReason = "expired" | "reset";

/** Notifications that this reader should have had and that no longer exist. */
export interface Gap {
  /** Null: it is not known in which topic. */
  readonly topic: string | null;
  /** The last sequence that the reader had; null: not known. */
  readonly after: number | null;
  /** The first sequence that now follows; null: not known. */
  readonly next: number | null;
  readonly reason: GapReason;
}

/** A gap in its place. The cursor is null where it is not known. */
export interface GapItem {
  readonly cursor: string | null;
  readonly gap: Gap;
}

export interface Closing {
  readonly reason: CloseReason;
  readonly reconnectInMs: number;
}

/** What the server sends, in all ways of receiving alike. */
export type Item = Notification | GapItem | { readonly cursor?: string; readonly closing: Closing } | { readonly cursor: string };

export const isNotification = (item: Item): item is Notification => "sequence" in item;
export const isGap = (item: Item): item is GapItem => "gap" in item;
export const isClosing = (item: Item): item is { cursor?: string; closing: Closing } => "closing" in item;

/** Where a reader begins that has no position yet. */
export const unknownGap: Gap = { topic: null, after: null, next: null, reason: "reset" };
