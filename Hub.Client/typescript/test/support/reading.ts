import { EventSource as NodeEventSource } from "eventsource";
import { memoryCursors, OrderFeed, type FeedState, type Gap, type Notification, type OrderFeedOptions } from "../../src/index.js";
import { mint } from "./server.js";

/** A feed that is being read, and everything that it reported. */
export interface Reading {
  readonly feed: OrderFeed;
  readonly orders: Notification[];
  readonly ids: () => string[];
  readonly gaps: Gap[];
  readonly states: FeedState[];
  readonly ended: Promise<void>;
}

export const forNode = { cursorStore: memoryCursors(), EventSource: NodeEventSource as unknown as typeof EventSource };

export function read(
  server: string,
  user: string,
  options: Partial<OrderFeedOptions> = {},
  handler: (order: Notification) => void | Promise<void> = () => {},
): Reading {
  const orders: Notification[] = [];
  const gaps: Gap[] = [];
  const states: FeedState[] = [];
  const feed = new OrderFeed({
    server,
    token: () => mint(user),
    ...forNode,
    cursorStore: memoryCursors(),
    onGap: gap => void gaps.push(gap),
    onStateChanged: state => void states.push(state),
    ...options,
  });
  const ended = feed.run(async order => {
    orders.push(order);
    await handler(order);
  });
  ended.catch(() => {});
  return { feed, orders, ids: () => orders.map(order => order.orderId), gaps, states, ended };
}
