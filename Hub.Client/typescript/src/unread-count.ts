import type { Clock } from "./clock.js";
import { firstRecountMs, longestRecountMs, unreadNearMs } from "./limits.js";

/**
 * Keeps the number of unacknowledged notifications up to date between the server's own counts. A notification close to such a
 * count may or may not be included in it: it is added, and the server is asked again a little later.
 */
export class UnreadCount {
  readonly #clock: Clock;
  readonly #ask: () => Promise<number>;
  readonly #tell: ((unread: number) => void) | null;
  #count: number | null = null;
  #added = 0;
  #questions = 0;
  #answeredAt = -Infinity;
  #inDoubt = false;
  #againInMs = firstRecountMs;
  #cancelAsking: () => void = () => {};

  /** @param tell null: there is no listener, and the server is asked only if {@link learn} is called. */
  constructor(clock: Clock, ask: () => Promise<number>, tell: ((unread: number) => void) | null) {
    [this.#clock, this.#ask, this.#tell] = [clock, ask, tell];
  }

  /** A notification arrived. */
  add(): void {
    this.#added++;
    if (this.#count !== null) this.#show(this.#count + 1);
    if (this.#clock.now() - this.#answeredAt < unreadNearMs) this.#doubt();
    else if (!this.#inDoubt) this.#againInMs = firstRecountMs;
  }

  /** Another tab's count. It is newer than any question of this tab that is still open. */
  set(count: number): void {
    this.#questions++;
    this.#cancelAsking();
    this.#show(count);
  }

  /** Asks the server, and uses the answer unless a newer count is known by then. */
  async learn(ask: () => Promise<number>): Promise<number> {
    const question = ++this.#questions;
    const before = this.#added;
    this.#cancelAsking();
    const count = await ask();
    if (question === this.#questions) this.#take(count, this.#added - before);
    return count;
  }

  /**
   * Asks the server a moment later, because another tab may share its count by then. A failed request does no harm: the next
   * connect asks again.
   */
  refresh(inMs: number): void {
    if (this.#tell === null) return;
    this.#cancelAsking();
    this.#cancelAsking = this.#clock.after(inMs, () => void this.learn(this.#ask).catch(() => {}));
  }

  stop(): void {
    this.#questions++;
    this.#cancelAsking();
  }

  #take(count: number, meanwhile: number): void {
    this.#answeredAt = this.#clock.now();
    this.#inDoubt = false;
    this.#show(count + meanwhile);
    if (meanwhile > 0) this.#doubt();
  }

  #doubt(): void {
    if (this.#inDoubt) return;
    this.#inDoubt = true;
    this.refresh(this.#againInMs);
    this.#againInMs = Math.min(2 * this.#againInMs, longestRecountMs);
  }

  #show(count: number): void {
    if (count === this.#count) return;
    this.#count = count;
    this.#tell?.(count);
  }
}
