import { expect, test } from "vitest";
import { agoText, latencyText, upText } from "../src/durations";
import { sentenceOf } from "../src/fault";
import { arrivalsText, gapText, summaryOf, titleOf } from "../src/notices";

test.each<[placed: number, changed: number, text: string]>([
  [1, 0, "1 order"],
  [17, 0, "17 orders"],
  [0, 1, "1 change"],
  [0, 2, "2 changes"],
  [1, 2, "1 order and 2 changes"],
])("%i placed and %i changed while away read as %s", (placed, changed, text) => {
  expect(summaryOf({ placed, changed })).toBe(text);
});

test("a gap says how much is gone where that is known, and why", () => {
  const gap = { topic: "user:a", after: 7, next: 40, reason: "expired" } as const;
  expect(gapText(gap)).toBe("32 notifications are gone: they were older than the hub keeps them.");
  expect(gapText({ ...gap, reason: "reset" })).toBe("32 notifications are gone: the hub’s store was started afresh.");
  expect(gapText({ ...gap, after: null })).toBe("Some notifications may be gone: they were older than the hub keeps them.");
  expect(gapText({ ...gap, topic: null, after: null, next: null, reason: "reset" })).toMatch(
    /^Some notifications may be gone: the hub’s store/,
  );
  // A store that was reset counts from 1 again, so the number of lost notifications is unknown.
  expect(gapText({ ...gap, after: 40, next: 1, reason: "reset" })).toMatch(/^Some notifications may be gone/);
});

test("the title counts what is unread, when something is", () => {
  expect([3, 0, null, undefined].map(titleOf)).toEqual(["(3) Realtime", "Realtime", "Realtime", "Realtime"]);
});

test("new orders are told in a sentence", () => {
  expect([1, 2].map(arrivalsText)).toEqual(["One new order.", "2 new orders."]);
});

test.each<[seconds: number, text: string]>([
  [-30, "now"],
  [1.4, "now"],
  [2, "2 s ago"],
  [59, "59 s ago"],
  [60, "1 min ago"],
  [3_599, "59 min ago"],
  [3_600, "1 h ago"],
  [86_399, "23 h ago"],
  [172_800, "2 d ago"],
  [NaN, ""],
])("an order that came %d s ago came %s", (seconds, text) => {
  expect(agoText(seconds * 1000)).toBe(text);
});

test.each<[minutes: number, text: string]>([
  [0.5, "30 s"],
  [59, "59 min"],
  [60, "1 h 0 min"],
  [47 * 60 + 59, "47 h 59 min"],
  [48 * 60, "2 d"],
])("a node that runs for %d minutes is up %s", (minutes, text) => {
  expect(upText(minutes * 60_000)).toBe(text);
});

test.each<[ms: number, text: string]>([
  [0.12, "0.1 ms"],
  [9.94, "9.9 ms"],
  [10, "10 ms"],
  [999, "999 ms"],
  [1_500, "1.5 s"],
  [61_000, "61 s"],
])("a latency of %d ms reads %s", (ms, text) => {
  expect(latencyText(ms)).toBe(text);
});

test("a failure is told by its sentence, whatever was thrown", () => {
  expect(sentenceOf(new Error("The server does not answer."))).toBe("The server does not answer.");
  expect(sentenceOf("why")).toBe("why");
});
