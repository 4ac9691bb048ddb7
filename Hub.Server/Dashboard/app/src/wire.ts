// What comes over the wire; the same items in every way of receiving.

export interface Notification {
  cursor: string;
  topic: string;
  sequence: number;
  id: string;
  type: string;
  orderId: string;
  time: string;
  data?: unknown;
}

export interface Gap {
  topic: string | null;
  after: number | null;
  next: number | null;
  reason: 'expired' | 'reset';
}

export interface Closing {
  reason: 'draining' | 'token-expired' | 'too-slow' | 'unavailable' | 'limit' | 'revoked';
  reconnectInMs: number;
}

export type Item = Notification | { cursor: string; gap: Gap } | { cursor?: string; closing: Closing } | { cursor: string };

export const transports = ['WebSockets', 'ServerSentEvents', 'LongPolling', 'EventSource'] as const;

export type Transport = (typeof transports)[number];

export const transportNames: Record<Transport, string> = {
  WebSockets: 'WebSockets',
  ServerSentEvents: 'Server-sent events',
  LongPolling: 'Long polling',
  EventSource: 'EventSource',
};
