import { beforeEach, expect, test } from "vitest";
import { isGap, memoryCursors, OrderFeed, type Gap } from "../../src/index.js";
import { begin, clock, gaps, hub, open, orders, page, states } from "../support/lone-feed.js";
import { settle } from "../support/manual-clock.js";
import { mint } from "../support/server.js";

beforeEach(begin);

test("a notification that was lost on the way is fetched from the log, without another connection", async () => {
  await open();
  hub.publish("a");
  hub.open[0]!.lose.push("b");
  for (const id of ["b", "c", "d"]) hub.publish(id);
  await settle();
  expect(orders).toEqual(["a", "b", "c", "d"]);
  expect(hub.open[0]!.subscriptions).toEqual([null, "1"]);
  expect(hub.attempts).toHaveLength(1);
});

test("a hole that stays makes another connection, later", async () => {
  await open({}, 0.5);
  hub.publish("a");
  hub.open[0]!.lose.push("b", "b");
  for (const id of ["b", "c"]) hub.publish(id);
  await settle();
  expect(states.at(-1)).toMatchObject({ status: "reconnecting", reconnectInMs: 250 });
  await clock.advance(250);
  expect(orders).toEqual(["a", "b", "c"]);
});

test("the second copy of a notification, in another topic, is dropped, and its position kept", async () => {
  const cursorStore = memoryCursors();
  const { feed } = await open({ cursorStore });
  hub.publish("a", "user:alice", "one-id");
  hub.publish("a", "group:west", "one-id");
  await settle();
  expect(orders).toEqual(["a"]);
  expect(await cursorStore.load("order-feed:http://hub.test/:alice")).toBe("2");
  feed.close();
});

test("a gap comes in its place, and a sequence may jump behind it", async () => {
  await open({}, 0.5, () => {});
  hub.publish("a");
  const gap: Gap = { topic: "user:alice", after: 1, next: 40, reason: "expired" };
  hub.open[0]!.gap(gap);
  hub.open[0]!.say({ ...hub.log[0]!, cursor: "40", sequence: 40, id: "later", orderId: "later" });
  await settle();
  expect(gaps).toEqual([gap]);
  expect(orders).toEqual(["a", "later"]);
});

test("gaps can be read in their places, among the orders", async () => {
  const feed = new OrderFeed({
    server: "http://hub.test",
    token: () => mint("alice"),
    cursorStore: memoryCursors(),
    transports: ["webSockets"],
    onGap: () => expect.unreachable("It is among the items."),
    environment: { clock, page, openLink: hub.openLink, tabs: null },
  });
  hub.publish("a");
  const gap: Gap = { topic: "user:alice", after: 1, next: null, reason: "reset" };
  const seen: string[] = [];
  for await (const item of feed.items()) {
    seen.push(isGap(item) ? `gap after ${item.gap.after}` : item.orderId);
    if (seen.length === 1) hub.open[0]!.gap(gap);
    if (seen.length === 2) hub.publish("b");
    if (seen.length === 3) break;
  }
  expect(seen).toEqual(["a", "gap after 1", "b"]);
});

test("a cursor that the server cannot read is announced as a gap, and reading begins at what is not acknowledged", async () => {
  const cursorStore = memoryCursors();
  await cursorStore.save("order-feed:http://hub.test/:alice", "broken");
  hub.publish("a");
  await open({ cursorStore });
  expect(gaps).toEqual([{ topic: null, after: null, next: null, reason: "reset" }]);
  expect(orders).toEqual(["a"]);
});

test("the position is saved after the handler has run, not before", async () => {
  const cursorStore = memoryCursors();
  const key = "order-feed:http://hub.test/:alice";
  let goOn = () => {};
  const { feed } = await open({ cursorStore }, 0.5, () => new Promise(resolve => (goOn = resolve)));
  hub.publish("a");
  await settle();
  expect(await cursorStore.load(key)).toBe("0");
  goOn();
  await settle();
  expect(await cursorStore.load(key)).toBe("1");
  feed.close();
});

test("a slow handler stops the stream when the buffer is full, and gets everything", async () => {
  let handle = () => {};
  await open({ bufferedItems: 4 }, 0.5, () => new Promise(resolve => (handle = resolve)));
  for (let i = 0; i < 20; i++) hub.publish(String(i));
  await settle();
  const link = hub.open[0]!;
  // One is being handled.
  expect(link.pauses).toBe(1);
  expect(orders).toEqual([]);
  for (let i = 0; i < 20; i++) {
    handle();
    await settle();
  }
  expect(orders).toEqual(Array.from({ length: 20 }, (_, i) => String(i)));
  expect(link.subscriptions.length).toBeGreaterThan(3);
  expect(hub.attempts).toHaveLength(1);
});

test("a handler that throws ends the feed with its error", async () => {
  const { feed, ended } = await open({}, 0.5, () => {
    throw new Error("no room on the screen");
  });
  hub.publish("a");
  await expect(ended).rejects.toThrow("no room on the screen");
  expect(feed.state.status).toBe("closed");
  expect(hub.open).toEqual([]);
});

test("leaving the loop closes the feed", async () => {
  hub.publish("a");
  const feed = new OrderFeed({
    server: "http://hub.test",
    token: () => mint("alice"),
    cursorStore: memoryCursors(),
    environment: { clock, page, openLink: hub.openLink, tabs: null },
  });
  for await (const order of feed) {
    expect(order.orderId).toBe("a");
    break;
  }
  expect(feed.state.status).toBe("closed");
  expect(hub.open).toEqual([]);
  await expect(feed.run(() => {})).rejects.toThrow("was read before");
});

test("a store that cannot save is a problem, not the end", async () => {
  const problems: Error[] = [];
  const full = { load: () => null, save: () => Promise.reject(new Error("quota")) };
  await open({ cursorStore: full, onProblem: problem => void problems.push(problem) });
  hub.publish("a");
  hub.publish("b");
  await settle();
  expect(orders).toEqual(["a", "b"]);
  expect(problems[0]!.message).toMatch(/could not be saved/);
});

test("a store that does not answer delays each order by five seconds, and the end of the feed no longer", async () => {
  const problems: Error[] = [];
  const stuck = { load: () => null, save: () => new Promise<void>(() => {}) };
  const { feed, ended } = await open({ cursorStore: stuck, onProblem: problem => void problems.push(problem) });
  hub.publish("a");
  hub.publish("b");
  // The position before the first order is saved too.
  await clock.advance(5_000);
  expect(orders).toEqual(["a"]);
  await clock.advance(4_999);
  expect(orders).toEqual(["a"]);
  await clock.advance(1);
  expect(orders).toEqual(["a", "b"]);
  expect(String(problems[0]?.cause)).toBe("TimeLimitError: Saving the position took longer than 5000 ms.");
  feed.close();
  await clock.advance(5_000);
  await ended;
});

test("unread follows what comes and what is acknowledged", async () => {
  const counts: number[] = [];
  hub.publish("a");
  const { feed } = await open({ onUnread: unread => void counts.push(unread) });
  await clock.advance(1_000);
  expect(counts).toEqual([1]);
  hub.publish("b");
  await settle();
  expect(counts).toEqual([1, 2]);
  expect(await feed.acknowledge()).toBe(0);
  expect(counts).toEqual([1, 2, 0]);
});

test("unread is right in the end when something comes while the server counts", async () => {
  const counts: number[] = [];
  hub.publish("a");
  hub.counting = () => hub.publish("b");
  await open({ onUnread: unread => void counts.push(unread) });
  await clock.advance(10_000);
  expect(counts.at(-1)).toBe(2);
});

test("unread is right in the end when the server has counted what comes only afterwards", async () => {
  const counts: number[] = [];
  const { feed } = await open({ onUnread: unread => void counts.push(unread) });
  await clock.advance(5_000);
  hub.stored = 1;
  await feed.unread();
  hub.publish("a");
  await clock.advance(10_000);
  expect(counts.at(-1)).toBe(1);
});

test("an answer that is older than an acknowledgement does not bring back what was acknowledged", async () => {
  const counts: number[] = [];
  hub.publish("a");
  const { feed } = await open({ onUnread: unread => void counts.push(unread) });
  await clock.advance(5_000);
  let answer = () => {};
  hub.held = new Promise<void>(resolve => (answer = resolve));
  const late = feed.unread();
  hub.held = null;
  await feed.acknowledge();
  answer();
  expect(await late).toBe(1);
  expect(counts.at(-1)).toBe(0);
});

test("a feed on which something always comes asks for the count less and less", async () => {
  await open({ onUnread: () => {} });
  for (let i = 0; i < 240; i++) {
    hub.publish(`order-${i}`);
    await clock.advance(500);
  }
  expect(hub.counts).toBeLessThan(10);
});
