export { HubError } from "./api.js";
export type { Clock } from "./clock.js";
export { closeReasons, type CloseReason } from "./close-reasons.js";
export { localStorageCursors, memoryCursors, type CursorStore } from "./cursor-store.js";
export type { Closing, Gap, GapReason, Notification } from "./items.js";
export type { Environment, OrderFeedOptions } from "./options.js";
export { OrderFeed } from "./order-feed.js";
export { retryBoundsMs } from "./retry.js";
export { allTransports, type FeedState, type Sharing, type Status, type Transport } from "./state.js";
