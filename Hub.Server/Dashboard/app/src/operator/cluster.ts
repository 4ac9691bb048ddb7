// The last reports of all nodes. Times are milliseconds of a monotonic clock (performance.now).
import { changeBetween, connectionsOf, quantile, type Change, type NodeStats } from "./stats";

/** A node without a report for this long is shown as silent. */
export const silentAfterMs = 3_000;
/** After this long, the node is no longer shown. */
export const droppedAfterMs = 60_000;
/** Reports closer together than this give no useful rates. */
const leastBetweenMs = 500;

/** The totals of all nodes that are not silent, at one moment. */
export interface Sample {
  /** Seconds since 1970. */
  at: number;
  publishedPerSecond: number;
  deliveredPerSecond: number;
  /** Milliseconds; null: nothing was delivered live. */
  p50: number | null;
  p99: number | null;
  connections: NodeStats["connections"];
}

export interface ShownNode {
  stats: NodeStats;
  silent: boolean;
}

interface KnownNode {
  stats: NodeStats;
  change: Change | null;
  heardAt: number;
}

export class Cluster {
  private readonly nodes = new Map<string, KnownNode>();

  hear(stats: NodeStats, now: number): void {
    const known = this.nodes.get(stats.id);
    if (!known) {
      this.nodes.set(stats.id, { stats, change: null, heardAt: now });
      return;
    }
    const later = Date.parse(stats.at) - Date.parse(known.stats.at);
    // A later report has overtaken this one.
    if (later < 0) return;
    known.heardAt = now;
    if (later < leastBetweenMs) return;
    known.change = changeBetween(known.stats, stats);
    known.stats = stats;
  }

  drop(now: number): void {
    for (const [id, node] of this.nodes) if (now - node.heardAt > droppedAfterMs) this.nodes.delete(id);
  }

  /** In a stable order. */
  show(now: number, asked: boolean): ShownNode[] {
    const silentAfter = this.silentAfter(asked);
    return [...this.nodes.values()]
      .map(({ stats, heardAt }) => ({ stats, silent: now - heardAt > silentAfter }))
      .sort((a, b) => (a.stats.id < b.stats.id ? -1 : 1));
  }

  /** Null: no node has reported twice. */
  sample(now: number, asked: boolean, at: number): Sample | null {
    const silentAfter = this.silentAfter(asked);
    const nodes = [...this.nodes.values()].filter(node => now - node.heardAt <= silentAfter);
    const changes = nodes.flatMap(node => node.change ?? []);
    if (changes.length === 0) return null;
    const sum = (value: (change: Change) => number) => changes.reduce((total, change) => total + value(change), 0);
    const upToMs = nodes[0]!.stats.latency.upToMs;
    const counts = [...upToMs, 0].map((_, index) => sum(change => change.latency[index] ?? 0));
    return {
      at,
      publishedPerSecond: sum(change => change.publishedPerSecond),
      deliveredPerSecond: sum(change => change.deliveredPerSecond),
      p50: quantile(upToMs, counts, 0.5),
      p99: quantile(upToMs, counts, 0.99),
      connections: connectionsOfAll(nodes.map(node => node.stats)),
    };
  }

  /**
   * A load balancer sends each request to another node, so polling reaches each node less often, in proportion to the number
   * of nodes.
   */
  private silentAfter(asked: boolean): number {
    return asked ? silentAfterMs * Math.max(1, this.nodes.size) : silentAfterMs;
  }
}

export function totalConnections(nodes: NodeStats[]): number {
  return connectionsOf(connectionsOfAll(nodes));
}

function connectionsOfAll(nodes: NodeStats[]): NodeStats["connections"] {
  const sum = (carrier: keyof NodeStats["connections"]) => nodes.reduce((total, node) => total + node.connections[carrier], 0);
  return {
    webSockets: sum("webSockets"),
    serverSentEvents: sum("serverSentEvents"),
    longPolling: sum("longPolling"),
    eventSource: sum("eventSource"),
  };
}
