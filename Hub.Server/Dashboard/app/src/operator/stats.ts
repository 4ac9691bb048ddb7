// The reports of the nodes, and the rates that follow from two reports.

export interface NodeStats {
  id: string;
  startedAt: string;
  at: string;
  isReady: boolean;
  memoryBytes: number;
  cpuSeconds: number;
  connections: Record<"webSockets" | "serverSentEvents" | "longPolling" | "eventSource", number>;
  published: number;
  notStored: number;
  delivered: number;
  replayed: number;
  latency: { upToMs: number[]; counts: number[] };
}

/** A response that takes longer is out of date. */
const answerLimitMs = 5_000;

export class StatsRefused extends Error {
  constructor(readonly status: number) {
    super(
      status === 403
        ? "This token does not carry the role admin."
        : status === 401
          ? "The server does not take this token (any more)."
          : `The server answered ${status}.`,
    );
  }
}

export async function fetchStats(token: string): Promise<NodeStats[]> {
  const answer = await fetch("api/admin/stats", {
    headers: { Authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(answerLimitMs),
  });
  if (!answer.ok) throw new StatsRefused(answer.status);
  return ((await answer.json()) as { nodes: NodeStats[] }).nodes;
}

/** What happened on a node between two of its reports. */
export interface Change {
  publishedPerSecond: number;
  deliveredPerSecond: number;
  /** Deliveries by class of latency, as in the report. */
  latency: number[];
}

/** Null: the second report is of another run, or not later. */
export function changeBetween(before: NodeStats, after: NodeStats): Change | null {
  const seconds = (Date.parse(after.at) - Date.parse(before.at)) / 1000;
  if (seconds <= 0 || after.startedAt !== before.startedAt) return null;
  return {
    publishedPerSecond: (after.published - before.published) / seconds,
    deliveredPerSecond: (after.delivered - before.delivered) / seconds,
    latency: after.latency.counts.map((count, index) => count - (before.latency.counts[index] ?? 0)),
  };
}

/** The upper bound of the class that contains the quantile. */
export function quantile(upToMs: number[], counts: number[], share: number): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  let left = Math.ceil(share * total);
  const index = counts.findIndex(count => (left -= count) <= 0);
  return upToMs[index] ?? upToMs.at(-1)! * 2;
}

export function connectionsOf({ webSockets, serverSentEvents, longPolling, eventSource }: NodeStats["connections"]): number {
  return webSockets + serverSentEvents + longPolling + eventSource;
}
