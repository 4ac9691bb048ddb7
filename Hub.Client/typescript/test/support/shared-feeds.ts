import { vi } from "vitest";
import { memoryCursors, OrderFeed, type CursorStore, type OrderFeedOptions } from "../../src/index.js";
import type { OpenLink } from "../../src/links/link.js";
import { FakeHub, type FakeLink } from "./fake-hub.js";
import { FakePage } from "./fake-page.js";
import { FakeBrowser, type FakeTab } from "./fake-tabs.js";
import { ManualClock } from "./manual-clock.js";
import { mint } from "./server.js";

// Tabs of one browser that share a connection, and their fake environment: created for each test by `begin`.
export let clock: ManualClock;
export let hub: FakeHub;
export let browser: FakeBrowser;
export let cursorStore: CursorStore;
let seed: number;

/** @param chance the start of the sequence of {@link random}. */
export function begin(chance = 1): void {
  clock = new ManualClock();
  hub = new FakeHub(clock);
  browser = new FakeBrowser();
  cursorStore = memoryCursors();
  seed = chance;
  vi.stubGlobal("fetch", hub.fetch);
}

export const random = () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;

export interface Tab {
  readonly tab: FakeTab;
  readonly feed: OrderFeed;
  readonly page: FakePage;
  readonly orders: string[];
  readonly unread: number[];
  readonly links: FakeLink[];
  kill(): void;
}

export async function openTab(options: Partial<OrderFeedOptions> = {}): Promise<Tab> {
  const tab = browser.tab();
  const page = new FakePage();
  const orders: string[] = [];
  const unread: number[] = [];
  const links: FakeLink[] = [];
  const openLink: OpenLink = (transport, setup, events) => {
    const task = (call: () => void) => tab.task(call);
    const link = hub.openLink(transport, setup, {
      item: item => task(() => events.item(item)),
      heard: () => task(() => events.heard()),
      ended: error => task(() => events.ended(error)),
    });
    links.push(link);
    return link;
  };
  const feed = new OrderFeed({
    server: "http://hub.test",
    token: () => mint("alice"),
    transports: ["webSockets"],
    cursorStore,
    onUnread: count => void unread.push(count),
    ...options,
    environment: { clock: tab.clock(clock), page, random, openLink, tabs: tab },
  });
  feed.run(order => void orders.push(order.orderId)).catch(() => {});
  await clock.advance(1_000);
  const kill = () => {
    tab.kill();
    links.forEach(link => link.close());
  };
  return { tab, feed, page, orders, unread, links, kill };
}

export const openTabs = async (count: number) => {
  const tabs: Tab[] = [];
  for (let i = 0; i < count; i++) tabs.push(await openTab());
  return tabs;
};

export const each = <T>(tabs: Tab[], what: (tab: Tab) => T) => tabs.map(what);
