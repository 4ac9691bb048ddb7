import type { Notification, OrderFeedOptions } from "@realtime/order-feed";
import { notification, state } from "./samples";

/** The feeds that were opened, in order. */
export const feeds: FakeFeed[] = [];

/** A feed that a test controls, in place of the client library's. */
export class FakeFeed {
  handle: (order: Notification) => void = () => {};
  closed = false;
  acknowledged: string[] = [];
  refusal: Error | null = null;

  constructor(readonly options: OrderFeedOptions) {
    feeds.push(this);
  }

  run(handler: (order: Notification) => void): Promise<void> {
    this.handle = handler;
    return new Promise(() => {});
  }

  close(): void {
    this.closed = true;
  }

  acknowledge(cursor: string): Promise<number> {
    if (this.refusal !== null) return Promise.reject(this.refusal);
    this.acknowledged.push(cursor);
    return Promise.resolve(0);
  }

  /** Handles an order and saves its position, as a feed does. */
  brings(orderId: string, change: Partial<Notification> = {}): Notification {
    const order = notification(orderId, change);
    this.handle(order);
    void this.options.cursorStore!.save("", order.cursor);
    return order;
  }

  becomes(status: "connecting" | "catching-up" | "live" | "reconnecting", caughtUp = 0): void {
    this.options.onStateChanged!(state({ status, caughtUp }));
  }
}
