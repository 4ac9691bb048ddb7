// What docs/PROTOCOL.md promises a reader, as functions that throw when it is broken.
import assert from "node:assert/strict";
import { newName, patienceMs, publish, publishLines, send, tokenFor, tryPublish } from "./server.mjs";
import { EventSourceReader, HubReader } from "./readers.mjs";

// A gap is provoked by passing the server's Hub:Retention:Count; a server that was started with a small one is through in no time.
const retentionCount = Number(process.env.HUB_RETENTION_COUNT ?? 10_000);

// Levels; the body around it is one more.
const deepestData = 61;

async function eventually(what, condition) {
  for (const end = Date.now() + patienceMs; !(await condition());) if (Date.now() > end) throw new Error(`waited in vain until ${what}`);
}

const cursorNow = async token => (await send("GET", "/api/notifications?after=latest", { token })).json.cursor;
const numbered = (user, first, last) =>
  publishLines(Array.from({ length: last - first + 1 }, (_, n) => ({ to: { users: [user] }, type: "order.created", orderId: `${first + n}` })));

/** Checks that hold on every way of receiving; each is given a function that connects. */
export const forEveryWay = {
  "begins with a bare position": async connect => {
    const reader = await connect(await tokenFor(newName("user")), "latest");
    assert.deepEqual(Object.keys(await reader.next()), ["cursor"]);
  },

  "delivers what is published, as it was published": async connect => {
    const user = newName("user");
    const reader = await connect(await tokenFor(user), "latest");
    await reader.next();
    const accepted = await publish({ users: [user] }, "é😀\u2028", { total: 993.9, lines: ["a\r\nb", "data: x"], __proto__: null });
    const item = await reader.next();
    assert.deepEqual(Object.keys(item), ["cursor", "topic", "sequence", "id", "type", "orderId", "time", "data"]);
    assert.deepEqual([item.topic, item.sequence, item.id], [`user:${user}`, 1, accepted.id]);
    assert.deepEqual([item.type, item.orderId, item.data], ["order.created", "é😀\u2028", { total: 993.9, lines: ["a\r\nb", "data: x"] }]);
  },

  "delivers the deepest data that is accepted": async connect => {
    const user = newName("user");
    const reader = await connect(await tokenFor(user), "latest");
    await reader.next();
    const data = JSON.parse("[".repeat(deepestData) + "]".repeat(deepestData));
    await publish({ users: [user] }, "deep", data);
    assert.deepEqual((await reader.next()).data, data);
    assert.equal((await tryPublish({ to: { users: [user] }, type: "t", orderId: "o", data: [data] })).status, 400);
  },

  "delivers once per topic, and nobody else's": async connect => {
    const [user, group] = [newName("user"), newName("group")];
    const reader = await connect(await tokenFor(user, { groups: [group] }), "latest");
    await reader.next();
    await publish({ users: [newName("somebody")], groups: [newName("elsewhere")] }, "theirs");
    await publish({ users: [user], groups: [group] }, "mine");
    const [first, second] = [await reader.next(), await reader.next()];
    assert.deepEqual([first.topic, second.topic].sort(), [`group:${group}`, `user:${user}`]);
    assert.equal(first.id, second.id);
    assert.equal(first.orderId, "mine");
  },

  "catches up from a cursor, once and in order, and goes on live": async connect => {
    const user = newName("user");
    const token = await tokenFor(user);
    await numbered(user, 1, 2);
    const before = await connect(token, "earliest");
    await before.next();
    const { cursor } = await before.next();
    await before.close();
    await numbered(user, 3, 30);
    const reader = await connect(token, cursor);
    await reader.next();
    const sequences = [];
    for (let n = 2; n <= 30; n++) sequences.push((await reader.next()).sequence);
    await publish({ users: [user] }, "live");
    sequences.push((await reader.next()).sequence);
    assert.deepEqual(sequences, Array.from({ length: 30 }, (_, n) => n + 2));
  },

  "begins behind what is acknowledged when it has no cursor": async connect => {
    const user = newName("user");
    const token = await tokenFor(user);
    await numbered(user, 1, 2);
    const all = await connect(token, null);
    await all.next();
    const { cursor } = await all.next();
    assert.deepEqual((await send("PUT", "/api/notifications/acknowledged", { token, body: { cursor } })).json, { unread: 1 });
    const rest = await connect(token, null);
    await rest.next();
    assert.equal((await rest.next()).sequence, 2);
  },

  "is told of a gap with its borders": async connect => {
    const user = newName("user");
    const token = await tokenFor(user);
    const cursor = await cursorNow(token);
    // Two batches: a batch has 10,000 lines at most, which is also what a topic keeps by default.
    await numbered(user, 1, 20);
    await numbered(user, 21, retentionCount + 20);
    await eventually("retention has passed", async () => (await send("GET", "/api/notifications?after=earliest&limit=1", { token })).json.items[0].sequence === 21);
    const reader = await connect(token, cursor);
    await reader.next();
    const { gap } = await reader.next();
    assert.deepEqual(gap, { topic: `user:${user}`, after: 0, next: 21, reason: "expired" });
    assert.equal((await reader.next()).sequence, 21);
  },

  "is told before its token expires, and the stream ends": async connect => {
    const reader = await connect(await tokenFor(newName("user"), { seconds: 5 }), "latest");
    await reader.next();
    const { closing } = await reader.next();
    assert.equal(closing.reason, "token-expired");
    assert.equal(typeof closing.reconnectInMs, "number");
    assert.equal(await reader.next(), null);
  },
};

/** Checks of what only the hub has. */
export const forEveryHub = {
  "lets the first subscription complete when a second begins": async connect => {
    const reader = await connect(await tokenFor(newName("user")), "latest");
    await reader.next();
    const second = reader.subscribeAgain("latest");
    assert.equal(await reader.next(), null);
    assert.deepEqual(Object.keys(await second.next()), ["cursor"]);
  },

  "says that a cursor is bad": async connect => {
    const reader = await connect(await tokenFor(newName("user")), "nonsense");
    await assert.rejects(reader.next(), /cursor/i);
    await assert.rejects(reader.invoke("Acknowledge", "nonsense"), /cursor/i);
  },

  "acknowledges and counts": async connect => {
    const user = newName("user");
    const reader = await connect(await tokenFor(user), "latest");
    await reader.next();
    const unread = await reader.invoke("Unread");
    await numbered(user, 1, 2);
    assert.equal(await reader.invoke("Unread"), unread + 2);
    assert.deepEqual(await reader.invoke("Acknowledge", (await reader.next()).cursor), { unread: 1 });
  },

  "goes on with the groups of another token": async connect => {
    const [user, before, after] = [newName("user"), newName("group"), newName("group")];
    const reader = await connect(await tokenFor(user, { groups: [before] }), "latest");
    await reader.next();
    const { expiresInSeconds } = await reader.invoke("Refresh", await tokenFor(user, { groups: [after], seconds: 300 }));
    assert.ok(expiresInSeconds > 290 && expiresInSeconds <= 301, `${expiresInSeconds} s`);
    assert.deepEqual(Object.keys(await reader.next()), ["cursor"]);
    for (const group of [before, after]) await publish({ groups: [group] }, "o");
    assert.equal((await reader.next()).topic, `group:${after}`);
    await assert.rejects(reader.invoke("Refresh", await tokenFor(newName("user"))), /Token of another user\./);
    await assert.rejects(reader.invoke("Refresh", "nonsense"), /Invalid token\./);
  },
};

/** Checks of what only an EventSource has, and of plain HTTP. */
export const others = {
  "EventSource: names its events and resumes by itself after a cut": async () => {
    const user = newName("user");
    const reader = await EventSourceReader.connect({}, await tokenFor(user), "latest");
    const { cursor } = await reader.next();
    assert.deepEqual(reader.lastEvent, { name: "heartbeat", id: cursor });
    await publish({ users: [user] }, "before");
    assert.equal((await reader.next()).orderId, "before");
    assert.equal(reader.lastEvent.name, "message");
    reader.cut();
    await publish({ users: [user] }, "meanwhile");
    assert.deepEqual(Object.keys(await reader.next()), ["cursor"]);
    assert.equal((await reader.next()).orderId, "meanwhile");
    assert.equal(reader.connects, 2);
    reader.close();
  },

  "EventSource: gives up on a malformed after": async () => {
    const reader = await EventSourceReader.connect({}, await tokenFor(newName("user")), "nonsense");
    await assert.rejects(reader.next(), /400/);
    assert.equal(reader.source.readyState, reader.source.CLOSED);
  },

  "HTTP: publishing answers with topics in order, repeats with the first answer": async () => {
    const [user, group, key] = [newName("user"), newName("group"), newName("key")];
    const body = { to: { groups: [group], users: [user] }, type: "t", orderId: "o" };
    const first = await tryPublish(body, { "Idempotency-Key": key });
    assert.equal(first.status, 202);
    assert.deepEqual(first.json.accepted, [{ topic: `user:${user}`, sequence: 1 }, { topic: `group:${group}`, sequence: 1 }]);
    assert.deepEqual((await tryPublish(body, { "Idempotency-Key": key })).json, { ...first.json, duplicate: true });
    assert.equal((await tryPublish({ ...body, orderId: "p" }, { "Idempotency-Key": key })).status, 422);
  },

  "HTTP: a batch answers line by line": async () => {
    const user = newName("user");
    const answers = await publishLines([{ to: { users: [user] }, type: "t", orderId: "1" }, { nonsense: true }, { to: { users: [user] }, type: "t", orderId: "2" }]);
    assert.deepEqual(answers.map(answer => answer.status ?? answer.accepted[0].sequence), [1, 400, 2]);
  },

  "HTTP: history comes in pages": async () => {
    const user = newName("user");
    const token = await tokenFor(user);
    let cursor = await cursorNow(token);
    await numbered(user, 1, 7);
    const pages = [];
    for (let more = true; more;) {
      const page = (await send("GET", `/api/notifications?limit=3&after=${cursor}`, { token })).json;
      pages.push(page.items.length);
      ({ cursor, more } = page);
    }
    assert.deepEqual(pages, [3, 3, 1]);
  },

  "HTTP: refusals are problems": async () => {
    const reader = await tokenFor(newName("user"));
    const body = { to: { everyone: true }, type: "t", orderId: "o" };
    for (const [answer, status] of [
      [await send("POST", "/api/notifications", { body }), 401],
      [await send("POST", "/api/notifications", { token: reader, body }), 403],
      [await tryPublish("{}"), 415],
      [await tryPublish({ ...body, data: "x".repeat(65_536) }), 413],
      [await tryPublish({ ...body, type: "T" }), 400],
      [await send("GET", "/api/nothing"), 404],
      [await send("DELETE", "/api/notifications"), 405],
    ]) {
      assert.equal(answer.status, status);
      assert.equal(answer.headers.get("Content-Type"), "application/problem+json");
      assert.equal(answer.json.status, status);
    }
  },

  "HTTP: health needs no token": async () => {
    for (const path of ["/health/live", "/health/ready"]) assert.equal((await send("GET", path)).status, 200);
  },

  "SignalR: falls back to what it is allowed and chooses by itself": async () => {
    const user = newName("user");
    const reader = await HubReader.connect({}, await tokenFor(user), "latest");
    await reader.next();
    await publish({ users: [user] }, "any");
    assert.equal((await reader.next()).orderId, "any");
    await reader.close();
  },
};
