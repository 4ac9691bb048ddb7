import { livePace, paceMeasureMs } from "./limits.js";

/**
 * Tells a stream that catches up from a live one by how fast the notifications' own time passes, whatever clocks their publishers have.
 *
 * What was missed arrives in less time than it was sent in. A reader that gets no more than is sent in the same time is as far as it will ever be.
 */
export class Pace {
  #since: number | null = null;
  #newestThen = 0;
  #newest = 0;
  #isLive = false;

  /**
   * A notification has arrived.
   * @param now the reader's clock; @param sent when it was sent, by its publisher's clock; NaN if that cannot be read.
   * @returns whether the stream was live in a stretch of {@link paceMeasureMs}; once true, it stays so.
   */
  arrived(now: number, sent: number): boolean {
    if (sent > this.#newest) this.#newest = sent;
    if (this.#since !== null) {
      const passed = now - this.#since;
      if (passed >= 0 && passed < paceMeasureMs) return this.#isLive;
      if (this.#newest - this.#newestThen <= passed * livePace) this.#isLive = true;
    }
    [this.#since, this.#newestThen] = [now, this.#newest];
    return this.#isLive;
  }

  /** The stream was stopped for want of room: a slow reader's pace is not the stream's. */
  restart(): void {
    this.#since = null;
  }
}
