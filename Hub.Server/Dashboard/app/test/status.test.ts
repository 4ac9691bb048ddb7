import { expect, test } from "vitest";
import type { FeedState } from "@realtime/order-feed";
import { detailsOf, headlineOf, secondsOf } from "../src/status";
import { state } from "./support/samples";

test.each<[FeedState["status"], string]>([
  ["idle", "Connecting"],
  ["connecting", "Connecting"],
  ["catching-up", "Catching up"],
  ["live", "Live"],
  ["closed", "Closed"],
])("a feed that is %s is shown as %s", (status, text) => {
  expect(headlineOf(state({ status }))).toEqual({ text });
});

test("a wait is shown with the seconds that are left of it", () => {
  const line = headlineOf(state({ status: "reconnecting", reconnectAt: 10_000 }));
  expect(line).toEqual({ text: "Reconnecting in ", seconds: { until: 10_000 }, rest: " s" });
  expect([7_001, 7_000, 9_999, 10_000, 12_000].map(now => secondsOf(line.seconds!, now))).toEqual([3, 3, 1, 0, 0]);
});

test("a connection that the visitor cut is shown with how long ago that was", () => {
  expect(headlineOf(null)).toEqual({ text: "Cut off. What you miss is kept for you." });
  const line = detailsOf({ state: null, cutAt: 10_000, latency: undefined });
  expect(line).toEqual({ text: "for ", seconds: { since: 10_000 }, rest: " s" });
  // If the clock was set back, nothing below 0 is shown.
  expect([9_000, 10_000, 10_999, 11_000].map(now => secondsOf(line.seconds!, now))).toEqual([0, 0, 0, 1]);
});

const details = (change: Partial<FeedState>, latency?: number) => detailsOf({ state: state(change), cutAt: 0, latency }).text;

test("what carries is named, with whom it is shared", () => {
  expect(details({ transport: "longPolling" })).toBe("Long polling");
  expect(details({ sharing: "leading" })).toBe("WebSockets · for all tabs");
  expect(details({ sharing: "following" })).toBe("WebSockets · through another tab");
  expect(details({ sharing: "unavailable" })).toBe("WebSockets · for this tab alone (tabs share a connection only over https)");
});

test("the latency is shown while the feed is live, in whole milliseconds", () => {
  expect(details({}, 12.6)).toBe("WebSockets · 13 ms latency");
  expect(details({ status: "catching-up" }, 12.6)).toBe("WebSockets");
});

test("why there is no connection is shown, and not while there is one", () => {
  expect(details({ status: "reconnecting", transport: null, reason: "draining" })).toBe("draining");
  expect(details({ status: "closed", transport: null, reason: "revoked" })).toBe("revoked");
  expect(details({ reason: "draining" })).toBe("WebSockets");
});
