import { expect, test } from "vitest";
import { longestAdviceMs } from "../../src/limits.js";
import { delayAfterClosingMs, retryBoundsMs, retryDelayMs } from "../../src/retry.js";

test("each wait is drawn between nothing and its bound, which grows to half a minute and stays there", () => {
  const longest = [0, 1, 2, 3, 4, 5, 6, 7, 1_000].map(attempt => retryDelayMs(attempt, () => 0.999999));
  expect(longest).toEqual([499, 999, 1_999, 3_999, 7_999, 15_999, 29_999, 29_999, 29_999]);
  expect(retryBoundsMs.map((_, attempt) => retryDelayMs(attempt, () => 0))).toEqual(retryBoundsMs.map(() => 0));
  expect(retryDelayMs(1, () => 0.25)).toBe(250);
});

test("a thousand readers spread over the whole bound", () => {
  const quarters = [0, 0, 0, 0];
  for (let reader = 0; reader < 1_000; reader++) quarters[Math.floor(retryDelayMs(6, Math.random) / 7_500)]!++;
  for (const count of quarters) expect(count).toBeGreaterThan(150);
});

test("the server's word counts as it is, up to five minutes", () => {
  expect(delayAfterClosingMs(1_800, 0, () => 0.99)).toBe(1_800);
  expect(delayAfterClosingMs(0, 0, () => 0.99)).toBe(0);
  expect(delayAfterClosingMs(86_400_000, 0, () => 0)).toBe(longestAdviceMs);
});

test("a reader that is sent away again and again waits longer than the server says", () => {
  expect(delayAfterClosingMs(0, 3, () => 0.5)).toBe(2_000);
  expect(delayAfterClosingMs(6_000, 3, () => 0.5)).toBe(6_000);
});

test("a wait that is no number is replaced by one of our own", () => {
  for (const nonsense of [undefined, null, -1, NaN, "5"]) expect(delayAfterClosingMs(nonsense, 2, () => 0.5)).toBe(1_000);
});
