import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { binCount, countByLatency } from "../../src/lab/histogram";
import { Lane, percentiles, type Point } from "../../src/lab/lane";
import type { StreamOptions } from "../../src/lab/streams";
import { begin } from "../support/browser";
import { notification } from "../support/samples";

const streams = vi.hoisted((): { options: StreamOptions; closed: boolean }[] => []);
vi.mock("../../src/lab/streams", () => ({
  openStream: (options: StreamOptions) => {
    const stream = { options, closed: false };
    streams.push(stream);
    return () => void (stream.closed = true);
  },
}));
vi.mock("../../src/lab/meter", () => ({
  Meter: class {
    requests = 0;
    bytes = 0;
  },
}));

let lane: Lane;
let token: () => Promise<string | null>;

beforeEach(() => {
  begin();
  vi.useFakeTimers();
  streams.length = 0;
  token = () => Promise.resolve("token");
  lane = new Lane("webSockets", () => token());
});
afterEach(() => {
  lane.cut();
  vi.useRealTimers();
});

const now = () => performance.timeOrigin + performance.now();
const settle = () => vi.advanceTimersByTimeAsync(0);

async function connect(): Promise<StreamOptions> {
  lane.connect();
  await settle();
  return streams.at(-1)!.options;
}

const order = (sequence: number, sentAt = now(), topic = "user:lab") =>
  notification(`o${sequence}`, { topic, sequence, cursor: `c${sequence}`, data: { sentAt } });

test("a lane is live from its first item on, and measures what comes", async () => {
  const stream = await connect();
  expect([lane.state, stream.after, stream.token]).toEqual(["connecting", "latest", "token"]);
  stream.onItem({ cursor: "c0" });
  expect(lane.state).toBe("live");
  stream.onItem(order(1, now() - 12));
  expect(lane.received).toBe(1);
  expect(lane.points[0]!.latency).toBeCloseTo(12, 0);
  expect(lane.comeback).toBeNull();
});

test("a lane that was cut comes back where it was, and counts what it caught up with", async () => {
  (await connect()).onItem(order(1));
  lane.cut();
  expect([lane.state, streams[0]!.closed]).toEqual(["cut", true]);
  const sentAt = now();
  await vi.advanceTimersByTimeAsync(3_000);
  const stream = await connect();
  expect(stream.after).toBe("c1");
  stream.onItem(order(2, sentAt));
  stream.onItem(order(3));
  expect(lane.points.map(point => point.missed)).toEqual([false, true, false]);
  expect(lane.comeback?.count).toBe(1);
});

test("numbers that are skipped and that come twice are counted, by topic", async () => {
  const stream = await connect();
  for (const sequence of [1, 2, 5, 5]) stream.onItem(order(sequence));
  stream.onItem(order(1, now(), "all"));
  expect([lane.missing, lane.repeated]).toEqual([2, 1]);
});

test("a stream that ends, and a token that is refused, are tried again within two seconds", async () => {
  (await connect()).onEnd();
  expect(lane.state).toBe("waiting");
  token = () => Promise.reject(new Error("no"));
  await vi.advanceTimersByTimeAsync(2_000);
  expect([lane.state, streams.length]).toEqual(["waiting", 1]);
  token = () => Promise.resolve("token");
  await vi.advanceTimersByTimeAsync(2_000);
  expect([lane.state, streams.length]).toEqual(["connecting", 2]);
});

test("a token that comes after a cut opens no stream", async () => {
  let give: (token: string) => void = () => {};
  token = () => new Promise(resolve => (give = resolve));
  lane.connect();
  lane.cut();
  give("late");
  await settle();
  expect(streams).toEqual([]);
});

test("the points of a lane are bounded", async () => {
  const stream = await connect();
  for (let i = 1; i <= 7_000; i++) stream.onItem(order(i));
  expect(lane.points.length).toBeLessThanOrEqual(6_000);
  expect(lane.received).toBe(7_000);
  lane.clear();
  expect([lane.points.length, lane.received]).toEqual([0, 0]);
});

const points = (latencies: number[], missed = false): Point[] => latencies.map(latency => ({ at: 0, latency, missed }));

test("percentiles are of what came live", () => {
  const live = points(Array.from({ length: 100 }, (_, i) => i + 1));
  expect(percentiles([...points([9_999], true), ...live])).toEqual({ p50: 51, p90: 91, p99: 100 });
  expect(percentiles(points([1], true))).toBeNull();
});

test("latencies fall into bins of half a doubling, the first and the last of which take what is beyond", () => {
  const counts = countByLatency([...points([0.1, 0.25, 0.5, 0.51, 1e9]), ...points([1], true)]);
  expect([counts[0], counts[2], counts[binCount - 1]]).toEqual([2, 2, 1]);
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(5);
});
