import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { allTransports, memoryCursors } from "../../src/index.js";
import { eventually } from "../support/eventually.js";
import { read } from "../support/reading.js";
import { mint, newUser, Server } from "../support/server.js";

let server: Server;
beforeAll(async () => (server = await Server.start("--Hub:Drain:Duration=00:00:01")));
afterAll(() => server.stop());

describe.each(allTransports)("Over %s", transport => {
  const transports = [transport];

  test("what was missed comes first, then what is published, once and in order", async () => {
    const user = newUser();
    await server.publish(user, "a", "b");
    const reading = read(server.address, user, { transports });
    await eventually("it is live", () => reading.feed.state.status === "live");
    expect(reading.feed.state).toMatchObject({ transport, caughtUp: 2, sharing: "off" });
    if (transport !== "eventSource") await eventually("its node is known", () => /^[0-9a-f]{6}$/.test(reading.feed.state.node ?? ""));
    await server.publish(user, "c", "d");
    await eventually("four orders came", () => reading.orders.length >= 4);
    expect(reading.ids()).toEqual(["a", "b", "c", "d"]);
    expect(reading.orders.map(order => order.sequence)).toEqual([1, 2, 3, 4]);
    reading.feed.close();
    await reading.ended;
    expect(reading.feed.state.status).toBe("closed");
  });

  test("a reader goes on where its handler had come to", async () => {
    const user = newUser();
    const cursorStore = memoryCursors();
    await server.publish(user, "a", "b", "c");
    const first = read(server.address, user, { transports, cursorStore }, order => {
      if (order.orderId === "b") throw new Error("the page fell over");
    });
    await expect(first.ended).rejects.toThrow("the page fell over");
    const second = read(server.address, user, { transports, cursorStore });
    await eventually("the rest came", () => second.orders.length >= 2);
    expect(second.ids()).toEqual(["b", "c"]);
    second.feed.close();
    await second.ended;
  });

  test("a server that is killed and restarted is found again, with a fresh token, without loss or doubles", async () => {
    const user = newUser();
    let tokens = 0;
    const reading = read(server.address, user, { transports, token: () => (tokens++, mint(user)) });
    await eventually("it is live", () => reading.feed.state.status === "live");
    const before = tokens;
    await server.publish(user, "a");
    await eventually("the first came", () => reading.orders.length === 1);
    await server.kill();
    await eventually("the loss was noticed", () => reading.feed.state.status === "reconnecting");
    await server.startAgain();
    await server.publish(user, "b", "c");
    await eventually("the rest came", () => reading.orders.length >= 3, 45_000);
    expect(reading.ids()).toEqual(["a", "b", "c"]);
    expect(tokens).toBeGreaterThan(before);
    expect(reading.gaps).toEqual([]);
    reading.feed.close();
    await reading.ended;
  });

  test("a handler that is slow gets everything, over a stream that is stopped when the buffer is full", async () => {
    const user = newUser();
    const ids = Array.from({ length: 60 }, (_, i) => `n${i}`);
    await server.publish(user, ...ids);
    const reading = read(server.address, user, { transports, bufferedItems: 4 }, () => new Promise(resolve => setTimeout(resolve, 3)));
    await eventually("everything came", () => reading.orders.length >= ids.length);
    expect(reading.ids()).toEqual(ids);
    reading.feed.close();
    await reading.ended;
  });

  test("a cursor of somebody else is announced as a gap, and reading begins at what is not acknowledged", async () => {
    const [user, other] = [newUser(), newUser()];
    await server.publish(other, "x");
    const stranger = read(server.address, other, { transports });
    await eventually("the other one's order came", () => stranger.orders.length === 1);
    stranger.feed.close();
    await stranger.ended;
    await server.publish(user, "a");
    const reading = read(server.address, user, { transports, after: stranger.orders[0]!.cursor });
    await eventually("the order came", () => reading.orders.length === 1);
    expect(reading.gaps).toEqual([{ topic: null, after: null, next: null, reason: "reset" }]);
    expect(reading.ids()).toEqual(["a"]);
    reading.feed.close();
    await reading.ended;
  });
});

test("a node that drains sends its readers away, and they come back to the next one", async () => {
  const user = newUser();
  const reading = read(server.address, user);
  await eventually("it is live", () => reading.feed.state.status === "live");
  expect(await server.drain()).toBe(0);
  await eventually("the server's word was heard", () => reading.states.some(state => state.reason === "draining"));
  await server.startAgain();
  await server.publish(user, "a");
  await eventually("the order came", () => reading.orders.length === 1, 45_000);
  reading.feed.close();
  await reading.ended;
});

test("acknowledging and counting work beside the stream", async () => {
  const user = newUser();
  const counts: number[] = [];
  await server.publish(user, "a", "b", "c");
  const reading = read(server.address, user, { onUnread: unread => counts.push(unread) });
  await eventually("three are unread", () => counts.at(-1) === 3 && reading.orders.length === 3);
  expect(await reading.feed.acknowledge(reading.orders[1])).toBe(1);
  expect(counts.at(-1)).toBe(1);
  await server.publish(user, "d");
  await eventually("one more is unread", () => counts.at(-1) === 2);
  expect(await reading.feed.acknowledge()).toBe(0);
  expect(await reading.feed.unread()).toBe(0);
  await expect(reading.feed.acknowledge("nonsense")).rejects.toThrow(/^400: cursor: Expected a cursor of this user/);
  reading.feed.close();
  await reading.ended;
});

test("the copy that a group gets of a user's notification is dropped", async () => {
  const user = newUser();
  const group = `group-${user}`;
  const reading = read(server.address, user, { token: () => mint(user, { groups: [group] }) });
  await eventually("it is live", () => reading.feed.state.status === "live");
  await server.publishTo({ users: [user], groups: [group] }, "a", "b");
  await server.publish(user, "last");
  await eventually("the last came", () => reading.ids().includes("last"));
  expect(reading.ids()).toEqual(["a", "b", "last"]);
  reading.feed.close();
  await reading.ended;
});

test("a token that the server refuses is tried again later, with the server's answer as the reason", async () => {
  const user = newUser();
  let good = false;
  const reading = read(server.address, user, { token: () => (good ? mint(user) : mint(user, { exp: 1 })) });
  await eventually("the refusal is shown", () => reading.states.some(state => /401/.test(state.reason ?? "")));
  good = true;
  await eventually("it is live", () => reading.feed.state.status === "live");
  reading.feed.close();
  await reading.ended;
});
