// The description of the connection on the page.
import type { FeedState } from "@realtime/order-feed";
import type { Reading } from "./reading";
import { nameOf } from "./transports";

/** A sentence, optionally with a number of seconds until or since a time (in ms since 1970). */
export interface Line {
  readonly text: string;
  readonly seconds?: { readonly until: number } | { readonly since: number };
  readonly rest?: string;
}

/** @param state null: the visitor cut the connection. */
export function headlineOf(state: FeedState | null): Line {
  if (state === null) return { text: "Cut off. What you miss is kept for you." };
  switch (state.status) {
    case "idle":
    case "connecting":
      return { text: "Connecting" };
    case "catching-up":
      return { text: "Catching up" };
    case "live":
      return { text: "Live" };
    case "reconnecting":
      return { text: "Reconnecting in ", seconds: { until: state.reconnectAt ?? 0 }, rest: " s" };
    case "closed":
      return { text: "Closed" };
    default:
      return state.status satisfies never;
  }
}

export function detailsOf({ state, cutAt, latency }: Pick<Reading, "state" | "cutAt" | "latency">): Line {
  if (state === null) return { text: "for ", seconds: { since: cutAt }, rest: " s" };
  const parts = [
    state.transport && nameOf[state.transport],
    state.sharing === "following" && "through another tab",
    state.sharing === "leading" && "for all tabs",
    state.sharing === "unavailable" && "for this tab alone (tabs share a connection only over https)",
    state.status === "live" && latency !== undefined && `${Math.round(latency)} ms latency`,
    (state.status === "reconnecting" || state.status === "closed") && state.reason,
  ];
  return { text: parts.filter(Boolean).join(" · ") };
}

/**
 * Whole seconds, never below 0. Counting down, 1 shows in the last second before the time; counting up, 1 shows a second
 * after it.
 */
export function secondsOf(line: NonNullable<Line["seconds"]>, now: number): number {
  return Math.max(0, "until" in line ? Math.ceil((line.until - now) / 1000) : Math.floor((now - line.since) / 1000));
}
