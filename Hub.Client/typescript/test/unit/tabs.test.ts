import { beforeEach, describe, expect, test, vi } from "vitest";
import { memoryCursors, OrderFeed, type CursorStore, type Gap, type OrderFeedOptions } from "../../src/index.js";
import type { OpenLink } from "../../src/links/link.js";
import { FakeHub, type FakeLink } from "../support/fake-hub.js";
import { FakePage } from "../support/fake-page.js";
import { FakeBrowser, type FakeTab } from "../support/fake-tabs.js";
import { ManualClock, settle } from "../support/manual-clock.js";
import { mint } from "../support/server.js";

const key = "order-feed:http://hub.test/:alice";

let clock: ManualClock;
let hub: FakeHub;
let browser: FakeBrowser;
let cursorStore: CursorStore;
let seed: number;

beforeEach(() => {
  clock = new ManualClock();
  hub = new FakeHub(clock);
  browser = new FakeBrowser();
  cursorStore = memoryCursors();
  seed = 1;
  vi.stubGlobal("fetch", hub.fetch);
});

const random = () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;

interface Tab {
  readonly tab: FakeTab;
  readonly feed: OrderFeed;
  readonly page: FakePage;
  readonly orders: string[];
  readonly unread: number[];
  readonly links: FakeLink[];
  kill(): void;
}

async function openTab(options: Partial<OrderFeedOptions> = {}): Promise<Tab> {
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
    }) as FakeLink;
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
  return { tab, feed, page, orders, unread, links, kill: () => (tab.kill(), links.forEach(link => link.close())) };
}

const openTabs = async (count: number) => {
  const tabs: Tab[] = [];
  for (let i = 0; i < count; i++) tabs.push(await openTab());
  return tabs;
};

const each = <T>(tabs: Tab[], what: (tab: Tab) => T) => tabs.map(what);

test("twelve tabs have one connection, and all of them are live", async () => {
  const tabs = await openTabs(12);
  hub.publish("a");
  hub.publish("b");
  await clock.advance(1_000);
  expect(hub.open).toHaveLength(1);
  expect(each(tabs, ({ orders }) => orders)).toEqual(tabs.map(() => ["a", "b"]));
  expect(each(tabs, ({ feed }) => `${feed.state.status} ${feed.state.transport} ${feed.state.sharing}`)).toEqual(
    tabs.map((_, i) => (i === 0 ? "live webSockets leading" : "live webSockets following")));
  expect(each(tabs, ({ feed }) => feed.state.node)).toEqual(tabs.map(() => hub.node));
});

test("a tab that opens late gets what it is due, by itself", async () => {
  const [first] = await openTabs(1) as [Tab];
  for (const id of ["a", "b", "c"]) hub.publish(id);
  await clock.advance(1_000);
  const late = await openTab({ cursorStore: memoryCursors(), after: "earliest" });
  expect(late.feed.state).toMatchObject({ status: "live", caughtUp: 3, sharing: "following" });
  const fromNow = await openTab({ cursorStore: memoryCursors(), after: "latest" });
  hub.publish("d");
  await settle();
  expect(late.orders).toEqual(["a", "b", "c", "d"]);
  expect(fromNow.orders).toEqual(["d"]);
  expect(first.orders).toEqual(["a", "b", "c", "d"]);
  expect(hub.open).toHaveLength(1);
});

test("what is published while a late tab reads the log comes once", async () => {
  await openTab();
  for (let i = 0; i < 1_200; i++) hub.publish(String(i));
  await clock.advance(1_000);
  const plain = hub.fetch;
  vi.stubGlobal("fetch", async (input: string, init?: RequestInit) => {
    const answer = await plain(input, init);
    if (!String(input).includes("unread")) hub.publish(`while-${hub.pages}`);
    return answer;
  });
  const late = await openTab({ cursorStore: memoryCursors(), after: "earliest" });
  expect(late.orders).toEqual(hub.log.map(entry => entry.orderId));
  expect(hub.pages).toBeGreaterThan(2);
});

describe("When the leader", () => {
  async function publishAcross(happens: (leader: Tab) => void, silence: number) {
    const tabs = await openTabs(4);
    hub.publish("before");
    await clock.advance(1_000);
    happens(tabs[0]!);
    hub.publish("between");
    await clock.advance(silence);
    hub.publish("after");
    await clock.advance(1_000);
    return tabs;
  }

  test("closes, the next tab takes over at once, without loss or doubles", async () => {
    const tabs = await publishAcross(leader => leader.feed.close(), 500);
    expect(each(tabs.slice(1), ({ orders }) => orders)).toEqual(tabs.slice(1).map(() => ["before", "between", "after"]));
    expect(tabs[1]!.feed.state.sharing).toBe("leading");
    expect(hub.open).toHaveLength(1);
    expect(tabs[0]!.links[0]!.isClosed).toBe(true);
  });

  test("crashes, the next tab takes over at once, without loss or doubles", async () => {
    const tabs = await publishAcross(leader => leader.kill(), 500);
    expect(each(tabs.slice(1), ({ orders }) => orders)).toEqual(tabs.slice(1).map(() => ["before", "between", "after"]));
    expect(hub.open).toHaveLength(1);
  });

  test("freezes, another one takes the lock after 6 s of silence, and the frozen one closes its link when it wakes", async () => {
    // Its last beat may have been up to 2 s before.
    const tabs = await publishAcross(leader => leader.tab.freeze(), 2_500);
    expect(each(tabs, ({ orders }) => orders)).toEqual(tabs.map(() => ["before"]));
    await clock.advance(5_000);
    const awake = tabs.slice(1);
    expect(each(awake, ({ orders }) => orders)).toEqual(awake.map(() => ["before", "between", "after"]));
    expect(each(awake, ({ feed }) => feed.state.sharing).filter(sharing => sharing === "leading")).toHaveLength(1);
    hub.publish("while frozen");
    await settle();

    await tabs[0]!.tab.thaw();
    await clock.advance(3_000);
    hub.publish("thawed");
    await clock.advance(1_000);
    expect(hub.open).toHaveLength(1);
    expect(tabs[0]!.links[0]!.isClosed).toBe(true);
    expect(tabs[0]!.feed.state.sharing).toBe("following");
    expect(each(tabs, ({ orders }) => orders)).toEqual(tabs.map(() => ["before", "between", "after", "while frozen", "thawed"]));
  });

  test("is revoked, all tabs are", async () => {
    const tabs = await openTabs(3);
    hub.sendAway("revoked", 0);
    await clock.advance(20_000);
    expect(each(tabs, ({ feed }) => [feed.state.status, feed.state.reason])).toEqual(tabs.map(() => ["closed", "revoked"]));
    expect(hub.attempts).toHaveLength(1);
  });

  test("goes into the back/forward cache, another one leads; coming back it follows and has missed nothing", async () => {
    const tabs = await openTabs(3);
    tabs[0]!.page.happens("hide");
    await settle();
    expect(tabs[0]!.tab.channels).toEqual([]);
    expect(tabs[0]!.tab.leads).toBe(false);
    await clock.advance(1_000);
    hub.publish("a");
    await clock.advance(1_000);
    expect(tabs[0]!.orders).toEqual([]);
    tabs[0]!.page.happens("return");
    await clock.advance(1_000);
    hub.publish("b");
    await clock.advance(1_000);
    expect(each(tabs, ({ orders }) => orders)).toEqual(tabs.map(() => ["a", "b"]));
    expect(hub.open).toHaveLength(1);
    expect(tabs[0]!.feed.state.sharing).toBe("following");
  });

  test("loses its connection, all tabs show the countdown, and it goes on leading", async () => {
    const tabs = await openTabs(3);
    hub.open[0]!.breakOff("cut");
    await settle();
    expect(each(tabs, ({ feed }) => [feed.state.status, feed.state.reason])).toEqual(tabs.map(() => ["reconnecting", "cut"]));
    hub.publish("a");
    await clock.advance(3_000);
    expect(each(tabs, ({ feed }) => feed.state.status)).toEqual(tabs.map(() => "live"));
    expect(each(tabs, ({ orders }) => orders)).toEqual(tabs.map(() => ["a"]));
    expect(tabs[0]!.feed.state.sharing).toBe("leading");
  });

  test("has slowed timers because it is hidden, but answers, it is left in peace", async () => {
    const [leader, follower] = await openTabs(2) as [Tab, Tab];
    // Only what it posts when a message comes gets out: its timers are as good as stopped.
    const channel = leader.tab.channels[0]!;
    const send = channel.post.bind(channel);
    let answering = false;
    const hear = channel.onMessage;
    channel.onMessage = message => {
      answering = true;
      hear(message);
      answering = false;
    };
    channel.post = message => {
      if (answering) send(message);
    };
    await clock.advance(120_000);
    expect(leader.feed.state.sharing).toBe("leading");
    expect(follower.feed.state.sharing).toBe("following");
  });
});

test("a follower that has missed a message of its leader reads it from the log", async () => {
  const [leader, follower] = await openTabs(2) as [Tab, Tab];
  hub.publish("a");
  await settle();
  const channel = follower.tab.channels[0]!;
  const hear = channel.onMessage;
  channel.onMessage = () => {};
  hub.publish("b");
  await settle();
  channel.onMessage = hear;
  hub.publish("c");
  await settle();
  expect(follower.orders).toEqual(["a", "b", "c"]);
  expect(leader.orders).toEqual(["a", "b", "c"]);
});

test("acknowledging in one tab updates the unread count in all", async () => {
  const tabs = await openTabs(3);
  hub.publish("a");
  hub.publish("b");
  await clock.advance(1_000);
  expect(each(tabs, ({ unread }) => unread.at(-1))).toEqual([2, 2, 2]);
  expect(await tabs[2]!.feed.acknowledge()).toBe(0);
  await settle();
  expect(each(tabs, ({ unread }) => unread.at(-1))).toEqual([0, 0, 0]);
});

test("a slow tab delays no other, and gets everything", async () => {
  const [leader, quick] = await openTabs(2) as [Tab, Tab];
  let handle = () => {};
  const tab = browser.tab();
  const slow: string[] = [];
  const feed = new OrderFeed({
    server: "http://hub.test", token: () => mint("alice"), cursorStore, bufferedItems: 4,
    environment: { clock: tab.clock(clock), page: new FakePage(), random, openLink: hub.openLink, tabs: tab },
  });
  void feed.run(order => {
    slow.push(order.orderId);
    return new Promise(resolve => (handle = resolve));
  });
  await clock.advance(1_000);
  const ids = Array.from({ length: 30 }, (_, i) => String(i));
  for (const id of ids) hub.publish(id);
  await clock.advance(1_000);
  expect(leader.orders).toEqual(ids);
  expect(quick.orders).toEqual(ids);
  expect(slow).toEqual(["0"]);
  for (let i = 0; i < 40; i++) {
    handle();
    await clock.advance(10);
  }
  expect(slow).toEqual(ids);
});

test("one tab saves for all: the position of the leader's handler", async () => {
  const tabs = await openTabs(2);
  const save = vi.spyOn(cursorStore, "save");
  hub.publish("a");
  await settle();
  expect(save.mock.calls).toEqual([[key, "1"]]);
  tabs[0]!.feed.close();
  hub.publish("b");
  await clock.advance(1_000);
  expect(await cursorStore.load(key)).toBe("2");
});

test("a leader that was frozen and robbed does not set back what its successor has saved", async () => {
  const tabs = await openTabs(2);
  hub.publish("a");
  await settle();
  tabs[0]!.tab.freeze();
  hub.publish("on its way to the frozen one");
  await clock.advance(10_000);
  hub.publish("b");
  await clock.advance(1_000);
  expect(await cursorStore.load(key)).toBe("3");
  const save = vi.spyOn(cursorStore, "save");
  await tabs[0]!.tab.thaw();
  await clock.advance(5_000);
  expect(save).not.toHaveBeenCalled();
  expect(each(tabs, ({ orders }) => orders.at(-1))).toEqual(["b", "b"]);
});

test("reconnecting is the leader's business, whoever asks for it", async () => {
  const tabs = await openTabs(2);
  tabs[1]!.feed.reconnectNow();
  await settle();
  expect(hub.attempts).toHaveLength(2);
  expect(tabs[0]!.feed.state.sharing).toBe("leading");
});

test("a page that is shown again lets its leader test the link, which may be hidden", async () => {
  const tabs = await openTabs(2);
  hub.open[0]!.answers = false;
  tabs[1]!.page.happens("wake");
  await clock.advance(4_900);
  expect(hub.attempts).toHaveLength(1);
  await clock.advance(2_000);
  expect(hub.attempts).toHaveLength(2);
});

test("a late tab that hears more than it can hold while it reads the log reads that from the log too", async () => {
  await openTab();
  const plain = hub.fetch;
  let flooded = false;
  vi.stubGlobal("fetch", async (input: string, init?: RequestInit) => {
    const answer = await plain(input, init);
    if (!flooded && String(input).includes("after=")) {
      flooded = true;
      for (let i = 0; i < 1_500; i++) hub.publish(String(i));
      await settle();
    }
    return answer;
  });
  const late = await openTab({ cursorStore: memoryCursors(), after: "earliest" });
  expect(late.orders).toEqual(hub.log.map(entry => entry.orderId));
  expect(late.orders).toHaveLength(1_500);
});

test("a follower whose cursor the server cannot read is told, and begins at what is not acknowledged", async () => {
  await openTab();
  hub.publish("a");
  const gaps: Gap[] = [];
  const own = memoryCursors();
  await own.save(key, "broken");
  const late = await openTab({ cursorStore: own, onGap: gap => void gaps.push(gap) });
  expect(gaps).toEqual([{ topic: null, after: null, next: null, reason: "reset" }]);
  expect(late.orders).toEqual(["a"]);
  expect(late.feed.state.status).toBe("live");
});

test("where the browser has no locks, each tab connects by itself and says so", async () => {
  const tab = browser.tab();
  const feed = new OrderFeed({
    server: "http://hub.test", token: () => mint("alice"), cursorStore, shareTabs: true,
    environment: {
      clock, page: new FakePage(), random, openLink: hub.openLink,
      tabs: { openChannel: name => tab.openChannel(name), locks: { request: () => Promise.reject(new Error("SecurityError")) } },
    },
  });
  void feed.run(() => {});
  await clock.advance(1_000);
  expect(feed.state).toMatchObject({ status: "live", sharing: "unavailable" });
});

test("whatever happens to the tabs, each gets everything once and in order", async () => {
  for (let round = 1; round <= 30; round++) {
    clock = new ManualClock();
    hub = new FakeHub(clock);
    browser = new FakeBrowser();
    cursorStore = memoryCursors();
    vi.stubGlobal("fetch", hub.fetch);
    seed = round * 7_919;
    const tabs = await openTabs(4);
    const frozen = new Set<Tab>();
    for (let step = 0; step < 40; step++) {
      const tab = tabs[Math.floor(random() * tabs.length)]!;
      const dice = random();
      if (dice < 0.5) hub.publish(`${round}-${step}`, hub.topics[Math.floor(random() * 2)]);
      else if (dice < 0.6 && frozen.delete(tab)) await tab.tab.thaw();
      else if (dice < 0.6) (frozen.add(tab), tab.tab.freeze());
      else if (dice < 0.7) hub.open[0]?.breakOff();
      else if (dice < 0.75 && !frozen.has(tab)) {
        tab.page.happens("hide");
        await clock.advance(random() * 3_000);
        tab.page.happens("return");
      }
      else if (dice < 0.8) hub.sendAway("draining", random() * 2_000);
      await clock.advance(random() * 4_000);
    }
    for (const tab of frozen) await tab.tab.thaw();
    await clock.advance(60_000);
    hub.publish("last");
    await clock.advance(5_000);
    const expected = hub.log.map(entry => entry.orderId);
    expect(each(tabs, ({ orders }) => orders), `round ${round}`).toEqual(tabs.map(() => expected));
    expect(hub.open, `round ${round}`).toHaveLength(1);
  }
});
