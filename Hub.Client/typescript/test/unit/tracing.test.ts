import * as api from "@opentelemetry/api";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Notification } from "../../src/index.js";
import { begin, hub, open } from "../support/lone-feed.js";
import { settle } from "../support/manual-clock.js";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const spanId = "00f067aa0ba902b7";
const exporter = new InMemorySpanExporter();

beforeEach(() => {
  begin();
  exporter.reset();
  api.trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
});

afterEach(() => api.trace.disable());

/** Publishes an order with a trace, and says how many spans had ended while it was handled. */
async function handle(trace: string, options = {}) {
  const handled: Notification[] = [];
  const ended: number[] = [];
  await open(options, 0.5, order => {
    handled.push(order);
    ended.push(exporter.getFinishedSpans().length);
  });
  hub.publish("a");
  hub.open[0]!.say({ ...hub.log[0]!, cursor: "2", sequence: 2, id: "traced", orderId: "b", trace });
  await settle();
  return { traces: handled.map(order => order.trace), ended };
}

test("a span covers the handling of an order that was traced, under its publish", async () => {
  const { ended } = await handle(`00-${traceId}-${spanId}-01`, { openTelemetry: api });
  expect(ended).toEqual([0, 0]);
  const spans = exporter.getFinishedSpans();
  expect(spans.map(span => [span.name, span.kind, span.spanContext().traceId])).toEqual([["process", api.SpanKind.CONSUMER, traceId]]);
  expect(spans[0]!.parentSpanContext).toMatchObject({ traceId, spanId, isRemote: true });
});

test("without OpenTelemetry the trace is there to read, and there is no span", async () => {
  const trace = `00-${traceId}-${spanId}-01`;
  expect((await handle(trace)).traces).toEqual([undefined, trace]);
  expect(exporter.getFinishedSpans()).toEqual([]);
});

test.each(["", "00-4bf9-00f0-01", `ff-${traceId}-${spanId}-01`])("what is no trace makes no span: %s", async trace => {
  expect((await handle(trace, { openTelemetry: api })).traces).toEqual([undefined, trace]);
  expect(exporter.getFinishedSpans()).toEqual([]);
});
