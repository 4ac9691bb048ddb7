import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { HubEvents } from "../../src/operator/hub";
import type { NodeStats } from "../../src/operator/stats";
import { Watch, type Watched } from "../../src/operator/watch";
import { answer, begin, requests } from "../support/browser";
import { report } from "../support/samples";

const hubs = vi.hoisted((): { events: HubEvents; left: boolean }[] => []);
vi.mock("../../src/operator/hub", () => ({
  OperatorsHub: class {
    readonly #hub: { events: HubEvents; left: boolean };
    constructor(_token: string, events: HubEvents) {
      this.#hub = { events, left: false };
      hubs.push(this.#hub);
    }
    announce = () => Promise.resolve();
    leave = () => void (this.#hub.left = true);
  },
}));

let seconds: number;
let watched: Watched;
let watch: Watch;
let nodes: NodeStats[];

beforeEach(() => {
  begin();
  vi.useFakeTimers();
  hubs.length = 0;
  seconds = 0;
  nodes = [];
  answer("GET api/admin/stats", () => Response.json({ nodes }));
  watch = new Watch(true, it => (watched = it));
});
afterEach(() => {
  watch.leave();
  vi.useRealTimers();
});

async function pass(times: number, meanwhile = () => {}): Promise<void> {
  for (let i = 0; i < times; i++) {
    nodes = [report("a", ++seconds, { published: 10 * seconds })];
    meanwhile();
    await vi.advanceTimersByTimeAsync(1_000);
  }
}

test("the server is asked once a second until the operators' hub carries, and again when that falls silent", async () => {
  watch.use("token");
  await pass(3);
  expect(requests).toHaveLength(4);
  expect(hubs).toHaveLength(1);
  const hear = () => hubs[0]!.events.onNode(report("a", seconds));
  await pass(3, hear);
  const asked = requests.length;
  await pass(5, hear);
  expect(requests).toHaveLength(asked);
  await pass(4);
  expect(requests.length).toBeGreaterThan(asked);
});

test("one node alone is asked, whatever its hub tells", async () => {
  watch.leave();
  watch = new Watch(false, it => (watched = it));
  watch.use("token");
  await pass(1);
  await pass(5, () => hubs[0]!.events.onNode(report("a", seconds)));
  expect(requests).toHaveLength(7);
});

test("what is seen becomes samples, two minutes of them", async () => {
  watch.use("token");
  await pass(5);
  expect(watched.samples.at(-1)?.publishedPerSecond).toBe(10);
  await pass(130);
  expect(watched.samples).toHaveLength(120);
  expect(watched.nodes).toMatchObject([{ stats: { id: "a" }, silent: false }]);
});

test.each<[number, string]>([
  [401, "The server does not take this token (any more)."],
  [403, "This token does not carry the role admin."],
  [503, "The server answered 503."],
])("a refusal with %i is told, and opens no hub", async (status, sentence) => {
  answer("GET api/admin/stats", () => new Response(null, { status }));
  watch.use("token");
  await pass(1);
  expect(watched.fault?.message).toBe(sentence);
  expect(hubs).toEqual([]);
});

test("a server that is away is told until it answers again", async () => {
  answer("GET api/admin/stats", () => Promise.reject(new TypeError("Failed to fetch")));
  watch.use("token");
  await pass(1);
  expect(watched.fault?.message).toBe("The server does not answer.");
  answer("GET api/admin/stats", () => Response.json({ nodes }));
  await pass(1);
  expect(watched.fault).toBeNull();
});

test("announcements are shown newest first, fifty of them, with whether one can be sent", async () => {
  await expect(watch.announce("hello")).rejects.toThrow("There is no connection. Send it again in a moment.");
  watch.use("token");
  await pass(1);
  hubs[0]!.events.onConnected(true);
  for (let i = 0; i < 60; i++) hubs[0]!.events.onAnnouncement({ text: `${i}`, by: "op", at: "2026-11-22T12:00:00Z" });
  expect(watched.announcements.map(it => it.text)).toEqual(Array.from({ length: 50 }, (_, i) => `${59 - i}`));
  expect(watched.connected).toBe(true);
});

test("another user's hub takes the place of the one before; what is known stays", async () => {
  watch.use("token");
  await pass(3);
  hubs[0]!.events.onConnected(true);
  watch.use("another");
  expect(hubs[0]!.left).toBe(true);
  expect(watched).toMatchObject({ connected: false, nodes: [{ stats: { id: "a" } }] });
  await pass(1);
  expect(hubs).toHaveLength(2);
});

test("a page that is left asks no more", async () => {
  watch.use("token");
  await pass(2);
  watch.leave();
  const asked = requests.length;
  await pass(5);
  expect(requests).toHaveLength(asked);
  expect(hubs[0]!.left).toBe(true);
});
