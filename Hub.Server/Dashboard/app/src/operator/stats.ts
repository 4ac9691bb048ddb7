// What the nodes say about themselves, and the rates that follow from two of their answers.

export interface NodeStats {
  id: string;
  startedAt: string;
  at: string;
  isReady: boolean;
  memoryBytes: number;
  cpuSeconds: number;
  connections: Record<'webSockets' | 'serverSentEvents' | 'longPolling' | 'eventSource', number>;
  published: number;
  notStored: number;
  delivered: number;
  replayed: number;
  latency: { upToMs: number[]; counts: number[] };
}

/** An answer that takes longer is no picture of now. */
const answerLimitMs = 5_000;

export class StatsRefused extends Error {
  constructor(readonly status: number) {
    super(status === 403 ? 'This token does not carry the role admin.' : status === 401 ? 'The server does not take this token (any more).' : `The server answered ${status}.`);
  }
}

export async function fetchStats(token: string): Promise<NodeStats[]> {
  const answer = await fetch('/api/admin/stats', { headers: { Authorization: `Bearer ${token}` }, signal: AbortSignal.timeout(answerLimitMs) });
  if (!answer.ok) throw new StatsRefused(answer.status);
  return ((await answer.json()) as { nodes: NodeStats[] }).nodes;
}

/** What happened on a node between two of its answers. */
export interface Sample {
  /** Seconds since 1970, by the node's clock. */
  at: number;
  publishedPerSecond: number;
  deliveredPerSecond: number;
  replayedPerSecond: number;
  /** Of one core. */
  cpuShare: number;
  /** Milliseconds; null: nothing was delivered live. */
  p50: number | null;
  p99: number | null;
  connections: NodeStats['connections'];
}

export function sampleOf(before: NodeStats, after: NodeStats): Sample | null {
  const seconds = (Date.parse(after.at) - Date.parse(before.at)) / 1000;
  if (seconds <= 0 || after.startedAt !== before.startedAt) return null;
  const rate = (value: (stats: NodeStats) => number) => (value(after) - value(before)) / seconds;
  const counts = after.latency.counts.map((count, index) => count - (before.latency.counts[index] ?? 0));
  return {
    at: Date.parse(after.at) / 1000,
    publishedPerSecond: rate(it => it.published),
    deliveredPerSecond: rate(it => it.delivered),
    replayedPerSecond: rate(it => it.replayed),
    cpuShare: rate(it => it.cpuSeconds),
    p50: quantile(after.latency.upToMs, counts, 0.5),
    p99: quantile(after.latency.upToMs, counts, 0.99),
    connections: after.connections,
  };
}

/** The upper bound of the class in which it lies. */
export function quantile(upToMs: number[], counts: number[], share: number): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  let left = Math.ceil(share * total);
  const index = counts.findIndex(count => (left -= count) <= 0);
  return upToMs[index] ?? upToMs.at(-1)! * 2;
}

export function connectionsOf({ webSockets, serverSentEvents, longPolling, eventSource }: NodeStats['connections']): number {
  return webSockets + serverSentEvents + longPolling + eventSource;
}
