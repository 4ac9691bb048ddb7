/** The time and timers; tests use a manual one. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls back once, after this many milliseconds. Returns a function that cancels it. */
  after(ms: number, call: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, call) {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
};

/** Thrown when an operation exceeds its time limit. */
export class TimeLimitError extends Error {
  constructor(what: string, ms: number) {
    super(`${what} took longer than ${ms} ms.`);
    this.name = "TimeLimitError";
  }
}

/** The promise, or a {@link TimeLimitError} after this many milliseconds. The operation itself is not cancelled. */
export function within<T>(clock: Clock, ms: number, what: string, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(ms, () => reject(new TimeLimitError(what, ms)));
    promise.then(resolve, reject).finally(cancel);
  });
}
