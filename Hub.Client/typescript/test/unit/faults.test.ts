import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { memoryCursors, OrderFeed } from "../../src/index.js";
import { EventSourceLink } from "../../src/links/event-source-link.js";
import { defaultCursors } from "../../src/cursor-store.js";
import { passOverMs, silenceMs } from "../../src/limits.js";
import { TransportOrder } from "../../src/transport-order.js";
import { FakePage } from "../support/fake-page.js";
import { begin, clock, hub, open, orders, states } from "../support/lone-feed.js";
import { settle } from "../support/manual-clock.js";
import { mint } from "../support/server.js";
import * as shared from "../support/shared-feeds.js";

// What goes wrong around a feed: slow readers, handlers that throw, clocks that jump, storage that is full.
beforeEach(begin);
afterEach(() => vi.unstubAllGlobals());

const hourMs = 3_600_000;

test("a reader that is too slow to take all that it missed is catching up until it has", async () => {
  for (let i = 0; i < 20; i++) hub.publish(String(i));
  await clock.advance(60_000);
  let handle = () => {};
  const { feed } = await open({ bufferedItems: 4 }, 0.5, () => new Promise(resolve => (handle = resolve)));
  const seen: string[] = [];
  for (let i = 0; i < 20; i++) {
    await clock.advance(10_000);
    seen.push(feed.state.status);
    handle();
    await settle();
  }
  expect(new Set(seen.slice(0, 15))).toEqual(new Set(["catching-up"]));
  await clock.advance(1_000);
  expect(feed.state).toMatchObject({ status: "live", caughtUp: 20 });
  expect(orders).toHaveLength(20);
});

test("so is one that leads other tabs", async () => {
  shared.begin();
  for (let i = 0; i < 20; i++) shared.hub.publish(String(i));
  await shared.clock.advance(60_000);
  const tab = shared.browser.tab();
  const seen: string[] = [];
  let handle = () => {};
  const feed = new OrderFeed({
    server: "http://hub.test",
    token: () => mint("alice"),
    cursorStore: memoryCursors(),
    bufferedItems: 4,
    environment: { clock: tab.clock(shared.clock), page: new FakePage(), random: shared.random, openLink: shared.hub.openLink, tabs: tab },
  });
  void feed.run(() => new Promise(resolve => (handle = resolve)));
  for (let i = 0; i < 20; i++) {
    await shared.clock.advance(1_000);
    seen.push(feed.state.status);
    handle();
    await settle();
  }
  expect(new Set(seen.slice(0, 15))).toEqual(new Set(["catching-up"]));
  expect(feed.state).toMatchObject({ status: "live", caughtUp: 20, sharing: "leading" });
  feed.close();
});

test.each(["catching-up", "live"])("an onStateChanged that throws when it is told of %s costs no order, and is a problem", async status => {
  const problems: Error[] = [];
  await open({
    onStateChanged: state => {
      if (state.status === status) throw new Error("no such element");
    },
    onProblem: problem => void problems.push(problem),
  });
  hub.publish("a");
  hub.publish("b");
  await clock.advance(1_000);
  expect(orders).toEqual(["a", "b"]);
  expect(problems[0]?.message).toBe("options.onStateChanged failed.");
  expect(String(problems[0]?.cause)).toBe("Error: no such element");
});

test("an onUnread and an onProblem that throw do not end the feed", async () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  const thrower = () => {
    throw new Error("no such element");
  };
  const { feed } = await open({ onUnread: thrower, onProblem: thrower });
  await clock.advance(1_000);
  hub.publish("a");
  await settle();
  expect(orders).toEqual(["a"]);
  expect(feed.state.status).toBe("live");
  expect(warn).toHaveBeenCalled();
  warn.mockRestore();
});

test("a link that falls silent is given up although the clock was set back", async () => {
  await open({}, 0);
  await clock.advance(1_000);
  clock.jump(-hourMs);
  await clock.advance(2 * silenceMs);
  expect(states.some(state => state.reason === "Nothing was heard for 45 s.")).toBe(true);
});

test("a transport that failed is not passed over for longer because the clock was set back", () => {
  const transports = new TransportOrder(["webSockets", "longPolling"]);
  transports.carried("longPolling", ["webSockets"], hourMs);
  expect(transports.at(hourMs + passOverMs - 1)).toEqual(["longPolling", "webSockets"]);
  expect(transports.at(0)).toEqual(["webSockets", "longPolling"]);
});

test("a leader that freezes loses its place although the clock was set back", async () => {
  shared.begin();
  const tabs = [await shared.openTab(), await shared.openTab()];
  tabs[0]!.tab.freeze();
  shared.clock.jump(-hourMs);
  await shared.clock.advance(30_000);
  expect(tabs[1]!.feed.state.sharing).toBe("leading");
});

test("a storage that is full still says where a reader was", async () => {
  vi.stubGlobal("localStorage", {
    getItem: () => "kept",
    setItem: () => {
      throw new DOMException("full", "QuotaExceededError");
    },
  });
  expect(await defaultCursors().load("order-feed:http://hub.test/:alice")).toBe("kept");
});

test("a feed whose tab cannot make a connection ends with the reason, shared or not", async () => {
  shared.begin();
  const tab = shared.browser.tab();
  const fails = () => {
    throw new DOMException("not here", "SecurityError");
  };
  const feed = new OrderFeed({
    server: "http://hub.test",
    token: () => mint("alice"),
    cursorStore: memoryCursors(),
    environment: { clock: tab.clock(shared.clock), page: new FakePage(), random: shared.random, openLink: fails, tabs: tab },
  });
  const ended = feed.run(() => {}).catch((error: unknown) => error);
  await shared.clock.advance(1_000);
  expect(feed.state.status).toBe("closed");
  expect(String(await ended)).toContain("not here");
});

test("a link that is closed asks no longer why its stream was refused", async () => {
  let signal: AbortSignal | null | undefined;
  vi.stubGlobal("fetch", (_: URL, init: RequestInit) => {
    ({ signal } = init);
    return new Promise(() => {});
  });
  const source = { addEventListener: () => {}, close: () => {}, onerror: () => {} };
  const FakeEventSource = function () {
    return source;
  } as unknown as typeof EventSource;
  const setup = { server: new URL("http://hub.test/"), token: null, withCredentials: false, EventSource: FakeEventSource, clock };
  const link = new EventSourceLink(setup, { item: () => {}, heard: () => {}, ended: () => {} });
  await link.subscribe(null);
  source.onerror();
  expect(signal?.aborted).toBe(false);
  link.close();
  expect(signal?.aborted).toBe(true);
});
