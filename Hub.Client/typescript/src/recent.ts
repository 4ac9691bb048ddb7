/** The last so many texts; the oldest are forgotten. */
export class Recent {
  readonly #texts = new Set<string>();
  readonly #capacity: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Remembers a text. False: it is here already. */
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
