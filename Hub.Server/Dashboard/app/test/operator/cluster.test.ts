import { expect, test } from "vitest";
import { Cluster, droppedAfterMs, silentAfterMs, totalConnections } from "../../src/operator/cluster";
import { changeBetween, quantile } from "../../src/operator/stats";
import { tilesOf } from "../../src/operator/tiles";
import { report } from "../support/samples";

test("rates follow from two reports of the same run", () => {
  const before = report("a", 0, { published: 100, delivered: 1_000, latency: { upToMs: [1, 10], counts: [5, 5, 0] } });
  const after = report("a", 2, { published: 120, delivered: 1_500, latency: { upToMs: [1, 10], counts: [25, 6, 1] } });
  expect(changeBetween(before, after)).toEqual({ publishedPerSecond: 10, deliveredPerSecond: 250, latency: [20, 1, 1] });
  expect(changeBetween(after, before)).toBeNull();
  expect(changeBetween(before, { ...after, startedAt: "2026-11-22T11:59:59Z" })).toBeNull();
});

test("a quantile is the upper bound of its class, and beyond the last one twice that", () => {
  expect(quantile([1, 10, 100], [98, 1, 1, 0], 0.5)).toBe(1);
  expect(quantile([1, 10, 100], [98, 1, 1, 0], 0.99)).toBe(10);
  expect(quantile([1, 10, 100], [0, 0, 0, 5], 0.99)).toBe(200);
  expect(quantile([1, 10, 100], [0, 0, 0, 0], 0.99)).toBeNull();
});

test("a node is shown silent after three seconds, dropped after a minute, and keeps its place among the others", () => {
  const cluster = new Cluster();
  cluster.hear(report("b", 0), 0);
  cluster.hear(report("a", 0), 2_000);
  const shown = (now: number) => cluster.show(now, false).map(({ stats, silent }) => `${stats.id}${silent ? " silent" : ""}`);
  expect(shown(silentAfterMs)).toEqual(["a", "b"]);
  expect(shown(silentAfterMs + 1)).toEqual(["a", "b silent"]);
  cluster.drop(droppedAfterMs + 1);
  expect(shown(droppedAfterMs + 1)).toEqual(["a silent"]);
});

test("asked one by one through a balancer, a node's turn comes as much later as there are nodes", () => {
  const cluster = new Cluster();
  for (const id of ["a", "b", "c"]) cluster.hear(report(id, 0), 0);
  expect(cluster.show(3 * silentAfterMs, true).some(node => node.silent)).toBe(false);
  expect(cluster.show(3 * silentAfterMs + 1, true).every(node => node.silent)).toBe(true);
});

test("a report that was overtaken on its way changes nothing", () => {
  const cluster = new Cluster();
  cluster.hear(report("a", 10, { published: 50 }), 0);
  cluster.hear(report("a", 9, { published: 40 }), 2_000);
  expect(cluster.show(silentAfterMs + 1, false)).toMatchObject([{ silent: true, stats: { published: 50 } }]);
});

test("reports that are close together say that a node lives, and nothing about rates", () => {
  const cluster = new Cluster();
  cluster.hear(report("a", 0), 0);
  cluster.hear(report("a", 0.4, { published: 1_000 }), 400);
  expect(cluster.sample(500, false, 0)).toBeNull();
  cluster.hear(report("a", 1, { published: 1_000 }), 1_000);
  expect(cluster.sample(1_000, false, 0)?.publishedPerSecond).toBe(1_000);
});

test("a sample adds up the nodes that are not silent", () => {
  const cluster = new Cluster();
  const connections = { webSockets: 3, serverSentEvents: 2, longPolling: 1, eventSource: 4 };
  for (const id of ["a", "b", "gone"]) cluster.hear(report(id, 0), 0);
  for (const id of ["a", "b"]) {
    cluster.hear(
      report(id, 1, { published: 5, delivered: 50, connections, latency: { upToMs: [1, 10, 100], counts: [98, 1, 1, 0] } }),
      4_000,
    );
  }
  expect(cluster.sample(4_000, false, 1_234)).toEqual({
    ...{ at: 1_234, publishedPerSecond: 10, deliveredPerSecond: 100, p50: 1, p99: 10 },
    connections: { webSockets: 6, serverSentEvents: 4, longPolling: 2, eventSource: 8 },
  });
  expect(totalConnections([report("a", 0, { connections }), report("b", 0, { connections })])).toBe(20);
});

test("the tiles leave out silent nodes, and show a dash where nothing is known yet", () => {
  const node = (id: string, silent: boolean) => ({ silent, stats: report(id, 0, { notStored: 2 }) });
  expect(tilesOf([node("a", false), node("b", true)], undefined)).toEqual([
    ["nodes", "1"],
    ["connections", "0"],
    ["published / s", "–"],
    ["delivered / s", "–"],
    ["99 % within", "–"],
    ["not stored", "2"],
  ]);
  const sample = { at: 0, publishedPerSecond: 1_234.56, deliveredPerSecond: 0.04, p50: 1, p99: 5, connections: report("a", 0).connections };
  expect(tilesOf([], sample).slice(2, 5)).toEqual([
    ["published / s", "1,234.6"],
    ["delivered / s", "0"],
    ["99 % within", "5 ms"],
  ]);
});
