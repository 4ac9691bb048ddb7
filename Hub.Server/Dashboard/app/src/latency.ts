// The latency of the last notifications, from publishing to here; the clocks of publisher and reader must agree.

const sampleCount = 64;

export class Latency {
  #samples: number[] = [];

  add(milliseconds: number): void {
    this.#samples.push(Math.max(0, milliseconds));
    if (this.#samples.length > sampleCount) this.#samples.shift();
  }

  clear(): void {
    this.#samples = [];
  }

  /** Milliseconds; undefined if there are no measurements. */
  get median(): number | undefined {
    return this.#samples.toSorted((a, b) => a - b)[this.#samples.length >> 1];
  }
}
