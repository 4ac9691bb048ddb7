import { longestRefreshMs, refreshLeadMs, shortestRefreshMs } from "./limits.js";

/** When to refresh what has this long left: two minutes before its end, or at half of what is left if that is later. In ms. */
export function refreshWaitMs(leftMs: number): number {
  return Math.min(Math.max(leftMs - refreshLeadMs, leftMs / 2, shortestRefreshMs), longestRefreshMs);
}

/** When to try again after a refresh that failed, in ms; null if that would be after the end. */
export function refreshRetryMs(leftMs: number): number | null {
  const wait = Math.max(leftMs / 2, shortestRefreshMs);
  return wait < leftMs ? Math.min(wait, longestRefreshMs) : null;
}
