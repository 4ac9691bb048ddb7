/** The most recent texts, up to a number; older ones are dropped. */
export class Recent {
  readonly #texts = new Set<string>();
  readonly #capacity: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Adds a text. False: it was already there. */
  add(text: string): boolean {
    if (this.#texts.has(text)) return false;
    this.#texts.add(text);
    if (this.#texts.size > this.#capacity) {
      const [oldest] = this.#texts;
      this.#texts.delete(oldest as string);
    }
    return true;
  }
}
