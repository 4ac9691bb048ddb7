import { firstRetryMs, longestAdviceMs, longestRetryMs } from "./limits.js";

/**
 * Upper bounds of the waits before the first, second, … attempt to reconnect, in ms; the last one applies to all that follow,
 * without end. Each wait is drawn between 0 and its bound ("full jitter"): a thousand readers that lost the same node spread
 * evenly over the bound instead of returning in waves.
 */
export const retryBoundsMs: readonly number[] = boundsMs();

function boundsMs(): number[] {
  const bounds: number[] = [];
  for (let bound = firstRetryMs; bound < longestRetryMs; bound *= 2) bounds.push(bound);
  return [...bounds, longestRetryMs];
}

/**
 * How long to wait before an attempt.
 * @param attempt 0 after a stable connection.
 * @param random from 0 to 1, like `Math.random`.
 */
export function retryDelayMs(attempt: number, random: () => number): number {
  const bound = retryBoundsMs[Math.min(attempt, retryBoundsMs.length - 1)] ?? 0;
  return Math.floor(random() * bound);
}

/**
 * How long to wait after the server said `closing`. The server has already spread its readers, so its wait is used as it is.
 * If it repeatedly sends the same reader away (an expired token that is offered again), our own delays apply too.
 */
export function delayAfterClosingMs(reconnectInMs: unknown, attempt: number, random: () => number): number {
  const own = attempt === 0 ? 0 : retryDelayMs(attempt, random);
  if (typeof reconnectInMs !== "number" || !(reconnectInMs >= 0)) return retryDelayMs(attempt, random);
  return Math.max(Math.min(reconnectInMs, longestAdviceMs), own);
}
