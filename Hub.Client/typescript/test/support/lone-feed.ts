import { vi } from "vitest";
import { memoryCursors, OrderFeed, type FeedState, type Gap, type Notification, type OrderFeedOptions } from "../../src/index.js";
import { FakeHub } from "./fake-hub.js";
import { FakePage } from "./fake-page.js";
import { ManualClock, settle } from "./manual-clock.js";
import { mint } from "./server.js";

// One feed with its own connection, and its fake environment: created for each test by `begin`.
export let clock: ManualClock;
export let hub: FakeHub;
export let page: FakePage;

/** What the feed reported and delivered. */
export const states: FeedState[] = [];
export const gaps: Gap[] = [];
export const orders: string[] = [];

export function begin(): void {
  clock = new ManualClock();
  hub = new FakeHub(clock);
  page = new FakePage();
  states.length = gaps.length = orders.length = 0;
  vi.stubGlobal("fetch", hub.fetch);
}

/** @param random every wait is this much of its bound. */
export async function open(
  options: Partial<OrderFeedOptions> = {},
  random = 0.5,
  handler: (order: Notification) => void | Promise<void> = () => {},
) {
  const feed = new OrderFeed({
    server: "http://hub.test",
    token: () => mint("alice"),
    cursorStore: memoryCursors(),
    onStateChanged: state => void states.push(state),
    onGap: gap => void gaps.push(gap),
    transports: ["webSockets", "serverSentEvents", "longPolling", "eventSource"],
    ...options,
    environment: { clock, page, random: () => random, openLink: hub.openLink, tabs: null },
  });
  const ended = feed.run(async order => {
    await handler(order);
    orders.push(order.orderId);
  });
  ended.catch(() => {});
  await settle();
  return { feed, ended };
}
