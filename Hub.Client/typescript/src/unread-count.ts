/** Keeps count of what is not acknowledged, between the server's own counts. */
export class UnreadCount {
  readonly #ask: () => Promise<number>;
  readonly #tell: ((unread: number) => void) | null;
  #count: number | null = null;

  /** @param tell null: nobody wants to know, and nothing is asked. */
  constructor(ask: () => Promise<number>, tell: ((unread: number) => void) | null) {
    this.#ask = ask;
    this.#tell = tell;
  }

  /** One more came. */
  add(): void {
    if (this.#count !== null) this.set(this.#count + 1);
  }

  /** The server's word. */
  set(count: number): void {
    if (count === this.#count) return;
    this.#count = count;
    this.#tell?.(count);
  }

  /** Asks the server. An answer that does not come is no harm: the next connect asks again. */
  refresh(): void {
    if (this.#tell !== null) this.#ask().then(count => this.set(count), () => {});
  }
}
