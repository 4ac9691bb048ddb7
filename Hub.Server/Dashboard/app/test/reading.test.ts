import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Gap } from "@realtime/order-feed";
import { kept } from "../src/kept";
import { Reader } from "../src/reading";
import type { Session } from "../src/session";
import { answer, begin, requests, stored } from "./support/browser";
import { feeds } from "./support/fake-feed";

vi.mock("@realtime/order-feed", async original => {
  const { FakeFeed } = await import("./support/fake-feed");
  return { ...(await original<object>()), OrderFeed: FakeFeed };
});

const session: Session = { user: "alice", groups: [], name: "Alice", expiresAt: Infinity, renewable: true };
let reader: Reader;
let changes: number;

beforeEach(() => {
  begin();
  feeds.length = 0;
  changes = 0;
  stored.set("realtime.session", JSON.stringify({ ...session, expiresAt: Date.now() + 3_600_000 }));
  open();
});

afterEach(() => reader.close());

function open(): void {
  reader = new Reader(session, "automatic", () => changes++);
  reader.connect();
}

const feed = () => feeds.at(-1)!;
const longAgo = new Date(Date.now() - 60_000).toISOString();

test("orders are shown as they come, with the latency of what is live", () => {
  feed().becomes("catching-up");
  feed().becomes("live");
  feed().brings("a", { time: new Date(Date.now() + 1).toISOString() });
  expect(reader.book.at(0)?.orderId).toBe("a");
  expect(reader.now).toMatchObject({ missed: null, gap: null, fault: "", state: { status: "live" } });
  expect(reader.now.latency).toBeGreaterThanOrEqual(0);
  expect(changes).toBeGreaterThan(0);
});

test("the feed is asked of the server that gave the page, also below a path, and with the session's cookie", async () => {
  expect(String(feed().options.server)).toBe("http://hub.test/below/");
  expect(feed().options.user).toBe("alice");
  expect(await feed().options.token!()).toBeNull();
  expect(requests).toEqual([]);
});

test("a session that cannot be renewed is told by the feed", async () => {
  stored.set("realtime.session", JSON.stringify({ ...JSON.parse(stored.get("realtime.session")!), expiresAt: 0 }));
  answer("POST dev/token", () => new Response(null, { status: 503 }));
  await expect(feed().options.token!()).rejects.toThrow("The server gave no token (503).");
});

test("a first visit has missed nothing, however much is caught up with", () => {
  feed().becomes("catching-up");
  feed().brings("a", { time: longAgo });
  expect(reader.now.missed).toBeNull();
  expect(reader.book.at(0)?.missed).toBe(false);
});

test("what came while a reader was away is counted and marked, until it is dismissed", () => {
  feed().becomes("catching-up");
  feed().becomes("live");
  feed().becomes("reconnecting");
  feed().becomes("catching-up");
  feed().brings("a", { time: longAgo });
  feed().brings("b", { time: longAgo });
  feed().brings("a", { time: longAgo, type: "order.shipped" });
  expect(reader.now.missed).toEqual({ placed: 2, changed: 1 });
  expect([reader.book.at(0)?.missed, reader.book.at(1)?.missed]).toEqual([true, true]);
  reader.dismiss();
  expect(reader.now.missed).toBeNull();
  expect(reader.book.at(0)?.missed).toBe(false);
});

test("orders that are handled after the feed is live count as missed as far as it caught up with them", () => {
  feed().becomes("catching-up");
  feed().becomes("reconnecting");
  feed().becomes("catching-up");
  feed().becomes("live", 1);
  feed().brings("a", { time: longAgo });
  feed().brings("b", { time: longAgo });
  expect(reader.now.missed).toEqual({ placed: 1, changed: 0 });
});

test("a copy of an order does not count as missed twice", () => {
  feed().becomes("catching-up");
  feed().becomes("catching-up");
  feed().becomes("reconnecting");
  feed().becomes("catching-up");
  const order = feed().brings("a", { time: longAgo });
  feed().brings("a", { ...order, topic: "all" });
  expect(reader.now.missed).toEqual({ placed: 1, changed: 0 });
});

test("a gap and what is unread are shown", () => {
  const gap: Gap = { topic: null, after: null, next: null, reason: "reset" };
  void feed().options.onGap!(gap);
  feed().options.onUnread!(3);
  expect(reader.now).toMatchObject({ gap, unread: 3 });
  reader.dismiss();
  expect(reader.now).toMatchObject({ gap: null, unread: 3 });
});

test("a cut ends the feed and says since when; coming back goes on after what was handled", () => {
  const order = feed().brings("a");
  reader.cut();
  expect(feed().closed).toBe(true);
  expect(reader.now.state).toBeNull();
  expect(reader.now.cutAt).toBeGreaterThan(0);
  reader.connect();
  expect(feeds).toHaveLength(2);
  expect(feed().options.cursorStore!.load("")).toBe(order.cursor);
});

test("another transport means another feed, and no connection while the reader is cut off", () => {
  feed().becomes("live");
  reader.switchTo("longPolling");
  expect(feeds.map(it => it.closed)).toEqual([true, false]);
  expect(feed().options.transports).toEqual(["longPolling"]);
  reader.cut();
  reader.switchTo("eventSource");
  expect(feeds).toHaveLength(2);
  reader.connect();
  expect(feed().options.transports).toEqual(["eventSource"]);
});

test("the last word of a feed that was left is not shown", () => {
  const left = feed();
  left.becomes("live");
  reader.switchTo("longPolling");
  left.becomes("reconnecting");
  expect(reader.now.state?.status).toBe("live");
});

test("all that was handled is acknowledged, and a refusal is told until it is dismissed", async () => {
  await reader.acknowledge();
  expect(feed().acknowledged).toEqual([]);
  const order = feed().brings("a");
  feed().refusal = new Error("503: The store does not answer.");
  await reader.acknowledge();
  expect(reader.now.fault).toBe("503: The store does not answer.");
  feed().refusal = null;
  await reader.acknowledge();
  expect(reader.now.fault).toBe("");
  expect(feed().acknowledged).toEqual([order.cursor]);
});

test("a page that is opened again shows what it kept, and goes on from there", () => {
  const order = feed().brings("a");
  reader.close();
  expect(kept("alice")?.cursor).toBe(order.cursor);
  open();
  expect(reader.book.at(0)?.orderId).toBe("a");
  expect(feed().options.cursorStore!.load("")).toBe(order.cursor);
  feed().becomes("catching-up");
  feed().brings("b", { time: longAgo });
  expect(reader.now.missed).toEqual({ placed: 1, changed: 0 });
});
