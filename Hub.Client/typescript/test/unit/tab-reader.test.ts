import { beforeEach, expect, test, vi } from "vitest";
import { memoryCursors, OrderFeed, type Gap } from "../../src/index.js";
import { FakePage } from "../support/fake-page.js";
import { settle } from "../support/manual-clock.js";
import { mint } from "../support/server.js";
import { begin, browser, clock, cursorStore, each, hub, openTab, openTabs, random, type Tab } from "../support/shared-feeds.js";

beforeEach(() => begin());

const key = "order-feed:http://hub.test/:alice";

test("a tab that opens late gets what it is due, by itself", async () => {
  const [first] = (await openTabs(1)) as [Tab];
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
  vi.stubGlobal("fetch", async (input: URL, init?: RequestInit) => {
    const answer = await plain(input, init);
    if (!input.href.includes("unread")) hub.publish(`while-${hub.pages}`);
    return answer;
  });
  const late = await openTab({ cursorStore: memoryCursors(), after: "earliest" });
  expect(late.orders).toEqual(hub.log.map(entry => entry.orderId));
  expect(hub.pages).toBeGreaterThan(2);
});

test("a follower that has missed a message of its leader reads it from the log", async () => {
  const [leader, follower] = (await openTabs(2)) as [Tab, Tab];
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
  const [leader, quick] = (await openTabs(2)) as [Tab, Tab];
  let handle = () => {};
  const tab = browser.tab();
  const slow: string[] = [];
  const feed = new OrderFeed({
    server: "http://hub.test",
    token: () => mint("alice"),
    cursorStore,
    bufferedItems: 4,
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

test("a late tab that hears more than it can hold while it reads the log reads that from the log too", async () => {
  await openTab();
  const plain = hub.fetch;
  let flooded = false;
  vi.stubGlobal("fetch", async (input: URL, init?: RequestInit) => {
    const answer = await plain(input, init);
    if (!flooded && input.href.includes("after=")) {
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
