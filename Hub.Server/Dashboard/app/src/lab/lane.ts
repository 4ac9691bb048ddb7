// One transport in the lab: its stream and the arrivals on it.
import type { Notification, Transport } from "@realtime/order-feed";
import { Meter } from "./meter";
import { openStream, type CloseStream } from "./streams";

export type LaneState = "connecting" | "live" | "waiting" | "cut";

export interface Point {
  /** When the notification arrived, in ms since 1970. */
  at: number;
  /** Milliseconds since it was published. */
  latency: number;
  /** Published while the lane was disconnected: the latency includes that time. */
  missed: boolean;
}

/** How far back the plots go, and the most points that are kept. */
export const windowMs = 60_000;
const maxPoints = 6_000;
const retryMs = { from: 500, to: 2_000 };

export class Lane {
  readonly meter = new Meter();
  readonly points: Point[] = [];
  state: LaneState = "cut";
  received = 0;
  /** Sequences of a topic that were skipped, and that arrived twice. Both stay 0, whatever is cut. */
  missing = 0;
  repeated = 0;
  /** The result of the last reconnect. */
  comeback: { count: number; tookMs: number } | null = null;
  readonly #sequences = new Map<string, number>();
  #cursor = "latest";
  #close: CloseStream | null = null;
  #timer = 0;
  /** Increases with every leave, so that results of an earlier attempt are ignored. */
  #attempt = 0;
  #openedAt = 0;
  #isReturn = false;

  constructor(
    readonly transport: Transport,
    private readonly token: () => Promise<string | null>,
  ) {}

  connect(): void {
    this.#leave();
    const attempt = this.#attempt;
    this.state = "connecting";
    this.#openedAt = now();
    this.#isReturn = this.#cursor !== "latest";
    if (this.#isReturn) this.comeback = { count: 0, tookMs: 0 };
    this.token().then(
      token => {
        if (attempt !== this.#attempt) return;
        this.#close = openStream({
          transport: this.transport,
          token,
          after: this.#cursor,
          meter: this.meter,
          onItem: item => {
            this.state = "live";
            if ("sequence" in item) this.#take(item);
            if (item.cursor) this.#cursor = item.cursor;
          },
          onEnd: () => this.#retry(),
        });
      },
      () => {
        if (attempt === this.#attempt) this.#retry();
      },
    );
  }

  cut(): void {
    this.#leave();
    this.state = "cut";
  }

  clear(): void {
    this.points.length = 0;
    [this.received, this.meter.bytes, this.meter.requests, this.comeback] = [0, 0, 0, null];
  }

  #take(notification: Notification): void {
    const at = now();
    const published = publishedAt(notification);
    this.received++;
    this.#check(notification);
    const missed = this.#isReturn && published < this.#openedAt;
    this.points.push({ at, latency: Math.max(0.1, at - published), missed });
    if (this.points.length > maxPoints) this.points.splice(0, maxPoints / 10);
    if (missed) this.comeback = { count: (this.comeback?.count ?? 0) + 1, tookMs: at - this.#openedAt };
  }

  #check({ topic, sequence }: Notification): void {
    const last = this.#sequences.get(topic);
    if (last !== undefined && sequence > last + 1) this.missing += sequence - last - 1;
    if (last !== undefined && sequence <= last) this.repeated++;
    this.#sequences.set(topic, sequence);
  }

  #retry(): void {
    this.#leave();
    this.state = "waiting";
    this.#timer = window.setTimeout(() => this.connect(), retryMs.from + Math.random() * (retryMs.to - retryMs.from));
  }

  #leave(): void {
    this.#attempt++;
    clearTimeout(this.#timer);
    this.#close?.();
    this.#close = null;
  }
}

/** Milliseconds since 1970, with the fractions that the browser provides. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}

/** The lab's own orders contain the time to a fraction of a millisecond. */
function publishedAt({ time, data }: Notification): number {
  const sent = (data as { sentAt?: unknown } | null | undefined)?.sentAt;
  return typeof sent === "number" ? sent : Date.parse(time);
}

export interface Percentiles {
  p50: number;
  p90: number;
  p99: number;
}

/** Only of live notifications, not of missed ones. */
export function percentiles(points: readonly Point[]): Percentiles | null {
  const live = points.filter(point => !point.missed);
  if (live.length === 0) return null;
  const sorted = live.map(point => point.latency).sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99) };
}
