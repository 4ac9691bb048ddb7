import type { Point } from "./lane";

export const firstEdgeMs = 0.25;
export const binsPerDoubling = 2;
export const binCount = 30;

/** The position of a latency on the axis of bins; a whole number at the lower edge of a bin. */
export function binOf(milliseconds: number): number {
  return Math.log2(milliseconds / firstEdgeMs) * binsPerDoubling;
}

/** The number of live notifications by latency; each bin is √2 times as wide as the one before. */
export function countByLatency(points: readonly Point[]): number[] {
  const counts = Array.from({ length: binCount }, () => 0);
  for (const { latency, missed } of points) {
    if (missed) continue;
    const bin = Math.min(binCount - 1, Math.max(0, Math.floor(binOf(latency))));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return counts;
}
