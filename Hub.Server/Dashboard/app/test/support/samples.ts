import type { FeedState, Notification } from "@realtime/order-feed";
import type { NodeStats } from "../../src/operator/stats";

export const state = (change: Partial<FeedState>): FeedState => ({
  status: "live",
  transport: "webSockets",
  node: undefined,
  caughtUp: 0,
  reconnectAt: null,
  reconnectInMs: null,
  attempt: 0,
  reason: null,
  sharing: "off",
  ...change,
});

let sequence = 0;

export function notification(orderId: string, change: Partial<Notification> = {}): Notification {
  sequence++;
  return {
    cursor: `c${sequence}`,
    topic: "user:a",
    sequence,
    id: `id-${sequence}`,
    type: "order.created",
    orderId,
    time: new Date().toISOString(),
    ...change,
  };
}

/** A node's report, this many seconds after noon. */
export function report(id: string, seconds: number, change: Partial<NodeStats> = {}): NodeStats {
  return {
    id,
    startedAt: "2026-11-22T11:00:00Z",
    at: new Date(Date.parse("2026-11-22T12:00:00Z") + seconds * 1000).toISOString(),
    isReady: true,
    memoryBytes: 0,
    cpuSeconds: 0,
    connections: { webSockets: 0, serverSentEvents: 0, longPolling: 0, eventSource: 0 },
    published: 0,
    notStored: 0,
    delivered: 0,
    replayed: 0,
    latency: { upToMs: [1, 10, 100], counts: [0, 0, 0, 0] },
    ...change,
  };
}
