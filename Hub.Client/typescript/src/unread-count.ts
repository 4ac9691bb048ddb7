import type { Clock } from "./clock.js";

/** Keeps count of what is not acknowledged, between the server's own counts. */
export class UnreadCount {
  readonly #clock: Clock;
  readonly #ask: () => Promise<number>;
  readonly #tell: ((unread: number) => void) | null;
  #count: number | null = null;
  #cancelAsking: () => void = () => {};

  /** @param tell null: nobody wants to know, and nothing is asked. */
  constructor(clock: Clock, ask: () => Promise<number>, tell: ((unread: number) => void) | null) {
    [this.#clock, this.#ask, this.#tell] = [clock, ask, tell];
  }

  /** One more came. */
  add(): void {
    if (this.#count !== null) this.#show(this.#count + 1);
  }

  /** The server's word. */
  set(count: number): void {
    this.#cancelAsking();
    this.#show(count);
  }

  /**
   * Asks the server, a moment later: another tab may have learned it by then. An answer that does not come is no harm, since the
   * next connect asks again.
   */
  refresh(inMs: number): void {
    if (this.#tell === null) return;
    this.#cancelAsking();
    this.#cancelAsking = this.#clock.after(inMs, () => void this.#ask().then(count => this.set(count), () => {}));
  }

  stop(): void {
    this.#cancelAsking();
  }

  #show(count: number): void {
    if (count === this.#count) return;
    this.#count = count;
    this.#tell?.(count);
  }
}
