// How long notifications took from publishing to here, the last ones of them; the clocks of publisher and reader must agree.

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

  /** Milliseconds; undefined while there is none. */
  get median(): number | undefined {
    return this.#samples.toSorted((a, b) => a - b)[this.#samples.length >> 1];
  }
}
