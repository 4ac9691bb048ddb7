import { livePace, paceMeasureMs } from "./limits.js";

/**
 * Tells a catching-up stream from a live one by how fast the notifications' own time passes, whatever clocks their publishers
 * have.
 *
 * Missed notifications arrive in less time than they were sent in. A reader that receives at the rate of sending has caught
 * up.
 */
export class Pace {
  #since: number | null = null;
  #newestThen = 0;
  #newest = 0;
  #isLive = false;

  /**
   * A notification has arrived.
   * @param now the reader's clock; @param sent when it was sent, by its publisher's clock; NaN if that is unreadable.
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

  /** The stream was stopped because the reader had no room: a slow reader's pace is not the stream's. */
  restart(): void {
    this.#since = null;
  }
}
