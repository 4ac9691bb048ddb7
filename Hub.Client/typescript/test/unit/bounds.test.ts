import { beforeEach, expect, test, vi } from "vitest";
import { Api } from "../../src/api.js";
import { TimeLimitError } from "../../src/clock.js";
import { Inbox } from "../../src/inbox.js";
import type { GapReason } from "../../src/index.js";
import { rememberedTopics } from "../../src/limits.js";
import { Recent } from "../../src/recent.js";
import { Sequences } from "../../src/sequences.js";
import { TransportOrder } from "../../src/transport-order.js";
import { ManualClock } from "../support/manual-clock.js";

let clock: ManualClock;
beforeEach(() => (clock = new ManualClock()));

const order = (sequence: number, topic = "user:a", id = `${topic}-${sequence}`) => ({
  cursor: `c${sequence}`,
  topic,
  sequence,
  id,
  orderId: id,
  type: "order.created",
  time: "2026-11-22T09:00:00Z",
});

test("only the last texts are remembered", () => {
  const recent = new Recent(3);
  expect(["a", "b", "c", "a", "d"].map(text => recent.add(text))).toEqual([true, true, true, false, true]);
  expect(recent.add("a")).toBe(true);
  expect(recent.add("c")).toBe(false);
});

test("a request that is not answered in 45 seconds is given up", async () => {
  let aborted = false;
  vi.stubGlobal("fetch", (_: unknown, init: RequestInit) => {
    init.signal!.addEventListener("abort", () => (aborted = true));
    return new Promise(() => {});
  });
  const api = new Api({ server: new URL("http://hub.test/"), token: null, withCredentials: true, clock });
  const failure = api.unread().catch((error: unknown) => error);
  await clock.advance(45_000);
  expect(await failure).toBeInstanceOf(TimeLimitError);
  expect(aborted).toBe(true);
});

test("positions alone never fill the inbox, and the last one is kept", async () => {
  const inbox = new Inbox(2);
  inbox.add(order(1));
  for (let i = 2; i < 100; i++) inbox.add({ cursor: `c${i}` });
  expect(inbox.isFull).toBe(false);
  expect(await inbox.next()).toEqual({ item: order(1), cursor: "c99" });
});

test("an inbox says when it is full and when it has room again", async () => {
  const inbox = new Inbox(4);
  const rooms = vi.fn<() => void>();
  inbox.onRoom = rooms;
  for (let i = 1; i <= 4; i++) inbox.add(order(i));
  expect(inbox.isFull).toBe(true);
  await inbox.next();
  expect(rooms).not.toHaveBeenCalled();
  await inbox.next();
  expect(rooms).toHaveBeenCalledTimes(1);
});

test("what follows a gap is judged by the gap", () => {
  const sequences = new Sequences();
  const gap = (after: number, next: number, reason: GapReason) => ({ cursor: "c", gap: { topic: "user:a", after, next, reason } });
  expect(sequences.judge(order(7))).toBe("next");
  expect(sequences.judge(order(7))).toBe("repeat");
  expect(sequences.judge(order(9))).toBe("hole");
  expect(sequences.judge(order(1, "all"))).toBe("next");
  expect(sequences.judge(gap(7, 40, "expired"))).toBe("next");
  expect(sequences.judge(order(40))).toBe("next");
  // The gap is for another reader: nothing is missing here.
  expect(sequences.judge(gap(7, 40, "expired"))).toBe("repeat");
  expect(sequences.judge(gap(40, 3, "reset"))).toBe("next");
  expect(sequences.judge(order(3))).toBe("next");
  expect(sequences.judge(order(2, "all"))).toBe("next");
});

test("a transport that failed where another carried is tried last for ten minutes", () => {
  const transports = new TransportOrder(["webSockets", "serverSentEvents", "longPolling"]);
  transports.carried("longPolling", ["webSockets", "serverSentEvents"], 0);
  expect(transports.at(599_999)).toEqual(["longPolling", "webSockets", "serverSentEvents"]);
  expect(transports.at(600_000)).toEqual(["webSockets", "serverSentEvents", "longPolling"]);
});

test("the topics that are remembered are bounded: the one that was silent longest is forgotten", () => {
  const sequences = new Sequences();
  for (let topic = 0; topic < rememberedTopics; topic++) sequences.judge(order(5, `t${topic}`));
  sequences.judge(order(6, "t0"));
  sequences.judge(order(5, "one more"));
  expect(sequences.judge(order(6, "t0"))).toBe("repeat");
  expect(sequences.judge(order(5, "t2"))).toBe("repeat");
  expect(sequences.judge(order(5, "t1"))).toBe("next");
});
