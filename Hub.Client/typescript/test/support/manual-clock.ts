import type { Clock } from "../../src/index.js";

/** A clock that a test moves. */
export class ManualClock implements Clock {
  #now = Date.parse("2026-11-22T09:00:00Z");
  readonly #timers = new Set<{ at: number; call: () => void }>();

  now(): number {
    return this.#now;
  }

  after(ms: number, call: () => void): () => void {
    const timer = { at: this.#now + ms, call };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /** Sets another time; the timers keep their remaining waits. */
  jump(ms: number): void {
    this.#now += ms;
    for (const timer of this.#timers) timer.at += ms;
  }

  /** Moves on and fires each timer at its time; promises settle in between. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.call();
      await settle();
    }
    this.#now = end;
    await settle();
  }

  #next(end: number) {
    return [...this.#timers].filter(timer => timer.at <= end).sort((a, b) => a.at - b.at)[0];
  }
}

/** Runs everything that does not wait for a timer. */
export const settle = (): Promise<void> => new Promise(resolve => setImmediate(resolve));
