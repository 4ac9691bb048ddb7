import { isGap, type GapItem, type Notification } from "./items.js";

/** A span of OpenTelemetry, as far as the feed uses it. */
export interface Span {
  end(): void;
}

/**
 * What the feed needs of the module `@opentelemetry/api`. It is no dependency of this library: a program that traces passes the module
 * itself.
 */
export interface OpenTelemetry<Context = unknown, Kind = unknown> {
  readonly ROOT_CONTEXT: Context;
  readonly SpanKind: { readonly CONSUMER: Kind };
  readonly trace: {
    getTracer(name: string): { startSpan(name: string, options: { kind: Kind }, context: Context): Span };
    setSpanContext(context: Context, span: { traceId: string; spanId: string; traceFlags: number; isRemote: boolean }): Context;
  };
}

/** Starts the span of an item's handling; null if the item has none. */
export type StartSpan = (item: Notification | GapItem) => Span | null;

const traceparent = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

export function tracing(api: OpenTelemetry | undefined): StartSpan {
  const tracer = api?.trace.getTracer("@realtime/order-feed");
  return item => {
    const found = isGap(item) ? null : traceparent.exec(item.trace ?? "");
    if (api === undefined || tracer === undefined || found === null) return null;
    const [, traceId, spanId, flags] = found as unknown as [string, string, string, string];
    const publish = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
    return tracer.startSpan("process", { kind: api.SpanKind.CONSUMER }, api.trace.setSpanContext(api.ROOT_CONTEXT, publish));
  };
}
