import { beforeEach, expect, test } from "vitest";
import { begin, clock, hub, open, orders, page, states } from "../support/lone-feed.js";
import { settle } from "../support/manual-clock.js";
import { mint } from "../support/server.js";

beforeEach(begin);

const statuses = () => states.map(state => state.status).filter((status, i, all) => status !== all[i - 1]);

test("the node that carries is shown while it does", async () => {
  const { feed } = await open();
  expect(feed.state.node).toBe("abc123");
  hub.node = "def456";
  hub.open[0]!.breakOff();
  await settle();
  expect(feed.state).toMatchObject({ status: "reconnecting", node: undefined });
  await clock.advance(60_000);
  expect(feed.state).toMatchObject({ status: "live", node: "def456" });
});

test("an EventSource cannot ask for its node", async () => {
  const { feed } = await open({ transports: ["eventSource"] });
  await clock.advance(1_000);
  expect(feed.state).toMatchObject({ status: "live", node: undefined });
});

test("a page is shown connecting, catching up with how much, and live", async () => {
  hub.publish("a");
  hub.publish("b");
  await clock.advance(60_000);
  const { feed } = await open();
  expect(feed.state).toMatchObject({ status: "catching-up", transport: "webSockets" });
  await clock.advance(299);
  expect(feed.state.status).toBe("catching-up");
  await clock.advance(1);
  expect(feed.state).toMatchObject({ status: "live", caughtUp: 2, sharing: "off" });
  expect(statuses()).toEqual(["connecting", "catching-up", "live"]);
});

test("what is published after the connect ends the catching up, however much of it there is", async () => {
  hub.publish("old");
  await clock.advance(1_000);
  const { feed } = await open();
  hub.publish("new");
  expect(feed.state).toMatchObject({ status: "live", caughtUp: 1 });
});

test("a reader whose server is away comes back for ever, at the drawn times, shown as a countdown", async () => {
  for (const transport of ["webSockets", "serverSentEvents", "longPolling", "eventSource"] as const) hub.behaviour[transport] = "away";
  const { feed } = await open({}, 0.5);
  expect(feed.state).toMatchObject({ status: "reconnecting", attempt: 1, reason: "nobody is there" });
  expect(feed.state).toMatchObject({ reconnectInMs: 250, reconnectAt: clock.now() + 250 });
  await clock.advance(10 * 60_000);
  const waits = hub.attempts.slice(1).map((attempt, i) => attempt.at - hub.attempts[i]!.at);
  expect(waits.slice(0, 7)).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 15_000]);
  expect(new Set(waits.slice(7))).toEqual(new Set([15_000]));
  // One unavailable server, not four failed transports: each round counts as one attempt.
  expect(new Set(hub.attempts.map(attempt => attempt.transport))).toEqual(new Set(["webSockets"]));
  hub.behaviour.webSockets = "carries";
  await clock.advance(16_000);
  expect(feed.state.status).toBe("live");
});

test("a refused negotiation does not rule out the event stream, and is not repeated on the way there", async () => {
  for (const transport of ["webSockets", "serverSentEvents", "longPolling"] as const) hub.behaviour[transport] = "refused";
  const { feed } = await open();
  await clock.advance(1_000);
  expect(feed.state).toMatchObject({ status: "live", transport: "eventSource" });
  expect(hub.attempts.map(attempt => attempt.transport)).toEqual(["webSockets", "eventSource"]);
  hub.open[0]!.breakOff();
  await clock.advance(3_000);
  expect(hub.attempts.slice(2).map(attempt => attempt.transport)).toEqual(["eventSource"]);
  expect(feed.state.status).toBe("live");
});

test("where the event stream is not wanted, a refused negotiation says why", async () => {
  hub.behaviour.webSockets = hub.behaviour.longPolling = "refused";
  const { feed } = await open({ transports: ["webSockets", "longPolling"] });
  expect(feed.state).toMatchObject({ status: "reconnecting", reason: "negotiating is forbidden" });
});

test("a connection that held makes the next wait short again, one that did not makes it longer", async () => {
  await open({}, 0.5);
  await clock.advance(1_000);
  hub.open[0]!.breakOff();
  await settle();
  expect(states.at(-1)!.reconnectInMs).toBe(250);
  await clock.advance(1_000);
  hub.open[0]!.breakOff();
  await settle();
  expect(states.at(-1)!.reconnectInMs).toBe(500);
  await clock.advance(6_000);
  hub.open[0]!.breakOff();
  await settle();
  expect(states.at(-1)!.reconnectInMs).toBe(250);
});

test("the server says when to come back", async () => {
  await open({}, 0.5);
  await clock.advance(1_000);
  hub.sendAway("draining", 1_800);
  await settle();
  expect(states.at(-1)).toMatchObject({ status: "reconnecting", reason: "draining", reconnectInMs: 1_800 });
  page.happens("wake");
  await clock.advance(1_799);
  expect(hub.attempts).toHaveLength(1);
  await clock.advance(1);
  expect(hub.attempts).toHaveLength(2);
});

test("who is revoked does not come back, and still handles what it got", async () => {
  const { feed, ended } = await open();
  hub.publish("a");
  hub.sendAway("revoked", 0);
  await ended;
  await clock.advance(60 * 60_000);
  expect(hub.attempts).toHaveLength(1);
  expect(orders).toEqual(["a"]);
  expect(feed.state).toMatchObject({ status: "closed", reason: "revoked" });
});

test("every connect asks for a fresh token", async () => {
  let tokens = 0;
  await open({ user: "alice", token: () => `token-${++tokens}` });
  hub.open[0]!.breakOff();
  await clock.advance(1_000);
  expect(hub.attempts.map(attempt => attempt.token)).toEqual(["token-1", "token-2"]);
});

test("a reader that wants another connection while it is connecting blames no transport", async () => {
  hub.behaviour.webSockets = "silent";
  const { feed } = await open();
  hub.behaviour.webSockets = "carries";
  feed.reconnectNow();
  await settle();
  expect(hub.attempts.map(attempt => attempt.transport)).toEqual(["webSockets", "webSockets"]);
  expect(hub.open).toHaveLength(1);
});

test("a feed that is closed while it waits for a token opens no link with it", async () => {
  let give: (token: string) => void = () => {};
  const { feed, ended } = await open({ user: "alice", token: () => new Promise<string>(resolve => (give = resolve)) });
  feed.close();
  give(mint("alice"));
  await settle();
  expect(hub.attempts).toEqual([]);
  await ended;
});

test("a feed that is closed while its first token is on the way ends with that, also when none comes", async () => {
  let refuse: (error: Error) => void = () => {};
  const { feed, ended } = await open({ token: () => new Promise<string>((_, reject) => (refuse = reject)) });
  let over = false;
  void ended.then(() => (over = true));
  feed.close();
  refuse(new Error("signed out"));
  await settle();
  expect(over).toBe(true);
});

test("a token that does not come in ten seconds is asked for again", async () => {
  let tokens = 0;
  const { feed } = await open({ token: () => (++tokens === 1 ? new Promise<string>(() => {}) : mint("alice")) });
  await clock.advance(9_999);
  expect(tokens).toBe(1);
  await clock.advance(1_500);
  expect(tokens).toBeGreaterThan(1);
  expect(feed.state.status).toBe("live");
});

test("a token that cannot be had is asked for again, later", async () => {
  let fails = true;
  const { feed } = await open({ token: () => (fails ? Promise.reject(new Error("signed out")) : mint("alice")) });
  expect(feed.state.status).toBe("reconnecting");
  fails = false;
  await clock.advance(1_000);
  expect(feed.state.status).toBe("live");
});

test("a transport that connects and does not carry is given up soon, and tried last for the next ten minutes", async () => {
  hub.behaviour.webSockets = "fails";
  hub.behaviour.serverSentEvents = "silent";
  await open({}, 0);
  await clock.advance(10_000);
  expect(hub.attempts.map(attempt => attempt.transport)).toEqual(["webSockets", "serverSentEvents", "longPolling"]);
  expect(hub.open.map(link => link.transport)).toEqual(["longPolling"]);
  hub.attempts.length = 0;
  hub.open[0]!.breakOff();
  await clock.advance(0);
  expect(hub.attempts.map(attempt => attempt.transport)).toEqual(["longPolling"]);
  hub.behaviour.webSockets = "carries";
  await clock.advance(10 * 60_000);
  hub.open[0]!.breakOff();
  await clock.advance(0);
  expect(hub.open.map(link => link.transport)).toEqual(["webSockets"]);
});

test("on a line so slow that nothing carries in time, patience doubles", async () => {
  for (const transport of ["webSockets", "serverSentEvents"] as const) hub.behaviour[transport] = "silent";
  await open({ transports: ["webSockets", "serverSentEvents"] }, 0);
  await clock.advance(10_000 + 10_000 + 20_000 + 20_000);
  expect(hub.attempts.map(({ transport, at }, i) => [transport, at - (hub.attempts[i - 1]?.at ?? at)])).toEqual([
    ["webSockets", 0],
    ["serverSentEvents", 10_000],
    ["webSockets", 10_000],
    ["serverSentEvents", 20_000],
    ["webSockets", 20_000],
  ]);
  hub.attempts.length = 0;
  await clock.advance(600_000);
  const last = hub.attempts.slice(-2).map(attempt => attempt.at);
  expect(last[1]! - last[0]!).toBe(30_000);
});

test("a server that was away for long is no reason to be patient with a transport", async () => {
  hub.behaviour.webSockets = "away";
  await open({}, 0.5);
  await clock.advance(10 * 60_000);
  hub.behaviour.webSockets = "silent";
  hub.attempts.length = 0;
  await clock.advance(15_000 + 10_000);
  expect(hub.attempts.map(attempt => attempt.transport).slice(-2)).toEqual(["webSockets", "serverSentEvents"]);
});

test("a link that is silent for 45 s is given up", async () => {
  await open({}, 0);
  await clock.advance(44_999);
  expect(hub.attempts).toHaveLength(1);
  await clock.advance(1);
  expect(hub.attempts).toHaveLength(2);
  expect(states.some(state => state.reason === "Nothing was heard for 45 s.")).toBe(true);
});

test("a link that beats is kept", async () => {
  await open();
  for (let i = 0; i < 20; i++) {
    await clock.advance(15_000);
    hub.open[0]!.say({ cursor: "0" });
  }
  expect(hub.attempts).toHaveLength(1);
});

test("a page that wakes tests its link at once, and drops a dead one after 5 s", async () => {
  await open({}, 0);
  await clock.advance(1_000);
  page.happens("wake");
  await clock.advance(6_000);
  expect(hub.attempts).toHaveLength(1);
  hub.open[0]!.answers = false;
  page.happens("wake");
  await clock.advance(4_999);
  expect(hub.attempts).toHaveLength(1);
  await clock.advance(1);
  expect(hub.attempts).toHaveLength(2);
});

test("a link that cannot be asked is opened anew when the page wakes, and given up if that brings nothing", async () => {
  await open({ transports: ["eventSource"] }, 0);
  hub.publish("a");
  await clock.advance(1_000);
  page.happens("wake");
  await clock.advance(6_000);
  expect(hub.open[0]!.subscriptions).toEqual([null, "1"]);
  expect(hub.attempts).toHaveLength(1);
  hub.open[0]!.answers = false;
  page.happens("wake");
  await clock.advance(5_000);
  expect(hub.attempts).toHaveLength(2);
  expect(orders).toEqual(["a"]);
});

test("a page that wakes waits no longer", async () => {
  hub.behaviour.webSockets = "away";
  await open({}, 1);
  hub.behaviour.webSockets = "carries";
  page.happens("wake");
  await settle();
  expect(hub.open).toHaveLength(1);
});
