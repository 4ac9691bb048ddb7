import { HubError, type Page } from "../api.js";
import type { Clock } from "../clock.js";
import { isNotification, isPosition, type Item } from "../items.js";
import { heldItems, pageItems } from "../limits.js";
import { retryDelayMs } from "../retry.js";
import { Sequences } from "../sequences.js";

export interface TabReaderSetup {
  readonly clock: Clock;
  readonly random: () => number;
  /** Reads a page after a position, without a connection. */
  readonly readPage: (after: string | null, limit: number) => Promise<Page>;
}

export interface TabReaderEvents {
  item(item: Item): void;
  replaying(): void;
  replayed(count: number): void;
  /** Continuity is unknown: the server could not read the position. */
  lost(): void;
}

/**
 * One tab's position in the feed. It takes the leader's items as long as they continue its position. If they do not
 * (the tab came late, had no room, or missed something), it reads the log from its own position. Then it continues with the
 * items that arrived during the read.
 */
export class TabReader {
  readonly #setup: TabReaderSetup;
  readonly #events: TabReaderEvents;
  readonly #sequences = new Sequences();
  #position: string | null;
  #replay: { held: Item[]; overflown: boolean } | null = null;
  #paused = false;

  constructor(setup: TabReaderSetup, after: string | null, events: TabReaderEvents) {
    [this.#setup, this.#events, this.#position] = [setup, events, after];
  }

  get position(): string | null {
    return this.#position;
  }

  /** True while the tab reads the log, or has no room and will read it later. */
  get isBehind(): boolean {
    return this.#paused || this.#replay !== null;
  }

  /**
   * @param moves whether the item's cursor also applies to this tab. A leader that is catching up is behind in other topics.
   */
  take(item: Item, moves: boolean): void {
    if (this.#paused) return;
    if (this.#replay !== null) {
      if (this.#replay.held.length < heldItems) this.#replay.held.push(item);
      else this.#replay.overflown = true;
      return;
    }
    if (moves && isPosition(item) && item.cursor !== this.#position) this.#sequences.forgetGroups();
    const verdict = this.#sequences.judge(item);
    if (verdict === "hole") this.replay();
    else if (verdict === "next") {
      if (moves) this.#position = item.cursor ?? this.#position;
      this.#events.item(item);
    }
  }

  /** The tab has no more room. */
  pause(): void {
    this.#paused = true;
    this.stop();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.replay();
  }

  /** Ends a replay: the new source continues from the position. */
  stop(): void {
    this.#replay = null;
  }

  /** Continuity is unknown: start again at what is not acknowledged. */
  forget(): void {
    this.#position = null;
  }

  /** Reads the log after the position, then continues with the leader's items. */
  replay(): void {
    if (this.#paused) return;
    const replay = (this.#replay = { held: [], overflown: false });
    void this.#read(replay);
  }

  async #read(replay: { held: Item[]; overflown: boolean }): Promise<void> {
    this.#events.replaying();
    let count = 0;
    for (let attempt = 0; this.#replay === replay;) {
      let page: Page;
      replay.overflown = false;
      try {
        page = await this.#setup.readPage(this.#position, pageItems);
      } catch (error) {
        if (error instanceof HubError && error.status === 400 && this.#position !== null) {
          this.#position = null;
          this.#events.lost();
          continue;
        }
        const ms = retryDelayMs(attempt++, this.#setup.random);
        await new Promise<void>(resolve => this.#setup.clock.after(ms, resolve));
        continue;
      }
      attempt = 0;
      for (const item of page.items) {
        if (this.#replay !== replay) return;
        if (isNotification(item)) count++;
        this.#deliver(item);
      }
      if (this.#replay !== replay) return;
      this.#deliver({ cursor: page.cursor });
      if (page.more || replay.overflown) continue;
      this.#replay = null;
      this.#events.replayed(count);
      for (const item of replay.held) this.take(item, false);
    }
  }

  // The log is complete: a jump here is not a hole.
  #deliver(item: Item): void {
    if (this.#sequences.judge(item) === "repeat") return;
    this.#position = item.cursor ?? this.#position;
    this.#events.item(item);
  }
}
