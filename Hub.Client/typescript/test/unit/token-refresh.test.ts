import { beforeEach, expect, test, vi } from "vitest";
import type { OrderFeedOptions } from "../../src/index.js";
import type { RefreshAnswer } from "../../src/token-refresh.js";
import { begin, clock, hub, open, orders, states } from "../support/lone-feed.js";
import { settle } from "../support/manual-clock.js";
import { mint } from "../support/server.js";
import * as shared from "../support/shared-feeds.js";

const minute = 60_000;

let began: number;
beforeEach(() => {
  begin();
  began = clock.now();
  hub.refresh = () => ({ kind: "refreshed", lastsMs: 10 * minute });
});

/** A token that ends so long after the test began. */
const endingAt = (ms: number, sub = "alice") => mint(sub, { exp: (began + ms) / 1_000 });

/** The times at which the open connection was given a token, in ms since the test began. */
const refreshes = () => hub.refreshes.map(refresh => refresh.at - began);

/** Opens a feed whose token source gives these in turn, the last one again and again, and counts how often it was asked. */
async function openWith(tokens: (() => string | Promise<string>)[], options: Partial<OrderFeedOptions> = {}) {
  const asked: number[] = [];
  const token = () => {
    asked.push(clock.now() - began);
    return tokens[Math.min(asked.length, tokens.length) - 1]!();
  };
  return { ...(await open({ user: "alice", token, ...options })), asked };
}

/** Keeps the links from being given up for its silence. */
async function pass(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 15_000) {
    await clock.advance(Math.min(left, 15_000));
    hub.open.forEach(link => link.events.heard());
  }
}

/** A source of tokens that live so long. */
const living = (ms: number) => () => mint("alice", { exp: (clock.now() + ms) / 1_000 });

test.each(["webSockets", "serverSentEvents", "longPolling"] as const)(
  "a connection over %s gets a new token two minutes before the end, as often as need be, and the stream goes on",
  async transport => {
    const { feed } = await openWith([living(10 * minute)], { transports: [transport] });
    hub.publish("a");
    await pass(8 * minute - 1);
    expect(refreshes()).toEqual([]);
    await pass(1);
    expect(refreshes()).toEqual([8 * minute]);
    hub.publish("b");
    await pass(72 * minute);
    expect(refreshes()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map(times => times * 8 * minute));
    expect(new Set(hub.refreshes.map(refresh => refresh.token)).size).toBe(10);
    expect(hub.attempts).toHaveLength(1);
    expect(hub.open[0]!.subscriptions).toEqual([null]);
    expect(orders).toEqual(["a", "b"]);
    expect(feed.state.status).toBe("live");
    expect(states.map(state => state.status)).not.toContain("reconnecting");
  },
);

test("a token that lives less than four minutes is replaced at half of its life", async () => {
  hub.refresh = () => ({ kind: "refreshed", lastsMs: minute });
  await openWith([() => endingAt(3 * minute), living(2 * minute)]);
  await pass(3 * minute);
  expect(refreshes()).toEqual([1.5 * minute, 2 * minute, 2.5 * minute, 3 * minute]);
});

test("how long a new token lasts is what the server says, whatever this machine's clock says", async () => {
  await openWith([() => endingAt(-5 * minute), () => endingAt(-1 * minute), () => endingAt(0)]);
  await pass(2_000 + 8 * minute);
  expect(refreshes()).toEqual([2_000, 2_000 + 8 * minute]);
});

test("a token source that still has the same token is asked again at half of what is left, and the server is not", async () => {
  const { asked } = await openWith([() => endingAt(10 * minute)]);
  await pass(10 * minute);
  expect(asked.map(at => at / 1_000)).toEqual([0, 480, 540, 570, 585, 592.5, 596.25, 598.25]);
  expect(refreshes()).toEqual([]);
  expect(hub.attempts).toHaveLength(1);
});

test("a token that ends no later is not used", async () => {
  await openWith([() => endingAt(10 * minute), () => endingAt(9 * minute), () => endingAt(11 * minute)]);
  await pass(10 * minute);
  expect(hub.refreshes.map(refresh => refresh.token)).toEqual([endingAt(11 * minute)]);
  expect(refreshes()).toEqual([9 * minute]);
});

test.each<[string, () => string | Promise<string>]>([
  ["throws", () => Promise.reject(new Error("signed out"))],
  ["has none", () => null as unknown as string],
  ["takes longer than 10 s", () => new Promise<string>(() => {})],
])("a token source that %s is asked again before the end", async (_, fails) => {
  const { feed } = await openWith([living(10 * minute), fails, living(10 * minute)]);
  await pass(10 * minute);
  expect(refreshes()).toHaveLength(1);
  expect(refreshes()[0]).toBeGreaterThanOrEqual(9 * minute);
  expect(feed.state.status).toBe("live");
  expect(hub.attempts).toHaveLength(1);
});

test.each<[string, () => RefreshAnswer | Promise<RefreshAnswer>]>([
  ["cannot refresh it now", () => ({ kind: "later" })],
  ["does not answer", () => new Promise<RefreshAnswer>(() => {})],
  ["cannot be reached", () => Promise.reject(new Error("cut"))],
])("a server that %s is asked again, until it can", async (_, answer) => {
  await openWith([living(10 * minute)]);
  hub.refresh = answer;
  await pass(8 * minute + 10_000);
  hub.refresh = () => ({ kind: "refreshed", lastsMs: 10 * minute });
  await pass(2 * minute);
  expect(refreshes()).toHaveLength(2);
  await pass(8 * minute);
  expect(refreshes()).toHaveLength(3);
  expect(hub.attempts).toHaveLength(1);
});

test("a server that cannot refresh until the end closes the stream, and the next connection has a new token", async () => {
  hub.refresh = () => ({ kind: "later" });
  await openWith([living(10 * minute)]);
  await pass(10 * minute - 2_000);
  const before = refreshes().length;
  hub.sendAway("token-expired", 0);
  await pass(7 * minute);
  expect(hub.attempts).toHaveLength(2);
  expect(hub.attempts[1]!.token).not.toBe(hub.attempts[0]!.token);
  expect(refreshes()).toHaveLength(before);
});

test("an older server is asked once for each connection", async () => {
  hub.refresh = () => ({ kind: "unknown" });
  const { asked } = await openWith([living(10 * minute)]);
  await pass(10 * minute);
  expect(refreshes()).toEqual([8 * minute]);
  expect(asked).toHaveLength(2);
  hub.sendAway("token-expired", 0);
  await pass(8 * minute);
  expect(hub.attempts).toHaveLength(2);
  expect(refreshes()).toHaveLength(2);
});

test("the token of another user leads to another connection with it, at once", async () => {
  hub.refresh = () => ({ kind: "other-user" });
  await openWith([() => endingAt(10 * minute), () => endingAt(20 * minute, "bob")]);
  await pass(8 * minute);
  expect(hub.attempts.map(({ token, at }) => [token, at - began])).toEqual([
    [endingAt(10 * minute), 0],
    [endingAt(20 * minute, "bob"), 8 * minute],
  ]);
  expect(hub.open).toHaveLength(1);
});

test("a user who is blocked does not come back", async () => {
  hub.refresh = () => ({ kind: "blocked" });
  const { feed, ended } = await openWith([living(10 * minute)]);
  await pass(8 * minute);
  await ended;
  expect(feed.state).toMatchObject({ status: "closed", reason: "revoked" });
  await clock.advance(60 * minute);
  expect(hub.attempts).toHaveLength(1);
});

test.each([
  ["is no JWT", "opaque"],
  ["does not say when it ends", mint("alice", { exp: undefined })],
  ["says something else there", mint("alice", { exp: "tomorrow" })],
])("a token that %s is not refreshed", async (_, token) => {
  const { asked } = await openWith([() => token]);
  await pass(30 * minute);
  expect(asked).toEqual([0]);
  expect(refreshes()).toEqual([]);
});

test("neither a session cookie nor a plain event stream is refreshed", async () => {
  await open({ user: "alice", token: undefined as never });
  const { asked } = await openWith([living(10 * minute)], { transports: ["eventSource"] });
  await pass(30 * minute);
  expect(hub.attempts.map(({ transport, token }) => [transport, token === null])).toEqual([
    ["webSockets", true],
    ["eventSource", false],
  ]);
  expect(asked).toEqual([0]);
  expect(refreshes()).toEqual([]);
});

test("a feed that is closed asks for no more tokens", async () => {
  const { feed, asked } = await openWith([living(10 * minute)]);
  await pass(minute);
  feed.close();
  await clock.advance(60 * minute);
  expect(asked).toEqual([0]);
});

test("a token that comes when the connection has ended is not sent over it", async () => {
  let give: (token: string) => void = () => {};
  const { feed } = await openWith([living(10 * minute), () => new Promise<string>(resolve => (give = resolve))]);
  await pass(8 * minute);
  feed.close();
  give(mint("alice"));
  await settle();
  expect(refreshes()).toEqual([]);
});

test("a connection that follows another one is refreshed on its own, and only that", async () => {
  await openWith([living(10 * minute)]);
  await pass(5 * minute);
  hub.open[0]!.breakOff();
  await pass(8 * minute);
  expect(hub.attempts).toHaveLength(2);
  const second = hub.attempts[1]!.at - began;
  await pass(minute);
  expect(refreshes()).toEqual([second + 8 * minute]);
});

test("a reader that is full gets its new token all the same", async () => {
  const { feed } = await openWith([living(10 * minute)], { bufferedItems: 2 });
  for (let i = 0; i < 10; i++) hub.publish(String(i));
  await pass(8 * minute);
  expect(refreshes()).toEqual([8 * minute]);
  feed.close();
});

test("a token that lives for a year does not overflow the timer", async () => {
  const after = vi.spyOn(clock, "after");
  const { asked } = await openWith([() => endingAt(365 * 24 * 60 * minute)]);
  await clock.advance(1_000);
  expect(Math.max(...after.mock.calls.map(([ms]) => ms))).toBe(24 * 60 * minute);
  expect(asked).toEqual([0]);
});

test("of tabs that share a connection, the leader refreshes it", async () => {
  shared.begin();
  shared.hub.refresh = () => ({ kind: "refreshed", lastsMs: 10 * minute });
  const asked = [0, 0];
  const tab = (i: number) =>
    shared.openTab({ user: "alice", token: () => (asked[i]!++, mint("alice", { exp: (shared.clock.now() + 10 * minute) / 1_000 })) });
  await tab(0);
  await tab(1);
  const before = [...asked];
  for (let i = 0; i < 4 * 8; i++) {
    await shared.clock.advance(15_000);
    shared.hub.open[0]!.events.heard();
  }
  expect(shared.hub.refreshes).toHaveLength(1);
  expect(asked[0]! - before[0]!).toBe(1);
  expect(shared.hub.attempts).toHaveLength(1);
});
