// The operator's figures.
import { totalConnections, type Sample, type ShownNode } from "./cluster";
import type { NodeStats } from "./stats";

/** The totals of all nodes that report, each with its label. */
export function tilesOf(nodes: readonly ShownNode[], last: Sample | undefined): [name: string, value: string][] {
  const reporting = nodes.filter(node => !node.silent).map(node => node.stats);
  const sum = (value: (node: NodeStats) => number) => reporting.reduce((total, node) => total + value(node), 0);
  const count = (value: number, digits = 0) => value.toLocaleString("en", { maximumFractionDigits: digits });
  return [
    ["nodes", count(reporting.length)],
    ["connections", count(totalConnections(reporting))],
    ["published / s", last ? count(last.publishedPerSecond, 1) : "–"],
    ["delivered / s", last ? count(last.deliveredPerSecond, 1) : "–"],
    ["99 % within", last?.p99 != null ? `${last.p99} ms` : "–"],
    ["not stored", count(sum(node => node.notStored))],
  ];
}
