import { within, type Clock } from "./clock.js";
import type { CursorStore } from "./cursor-store.js";
import { savePatienceMs } from "./limits.js";
import type { Sharing } from "./state.js";

/** This reader's position: the cursor of the last handled item, and the one that is saved. */
export class Bookmark {
  readonly #store: CursorStore;
  readonly #key: string;
  readonly #clock: Clock;
  readonly #onProblem: (problem: Error) => void;
  #saved: string | null = null;
  #handled: string | null = null;

  constructor(store: CursorStore, key: string, clock: Clock, onProblem: (problem: Error) => void) {
    [this.#store, this.#key, this.#clock, this.#onProblem] = [store, key, clock, onProblem];
  }

  /** The cursor of the last handled item; null if none was handled. */
  get handled(): string | null {
    return this.#handled;
  }

  async load(): Promise<string | null> {
    return (this.#saved = this.#handled = await this.#store.load(this.#key));
  }

  /**
   * Everything up to here was handled. Of tabs that share a connection, one saves for all: a slow tab must not set the others
   * back.
   */
  async move(cursor: string, sharing: Sharing): Promise<void> {
    this.#handled = cursor;
    if (sharing !== "following") await this.#save(cursor, sharing);
  }

  /** From now on, this tab saves for all, starting with what it handled while another tab led. */
  async takeOver(): Promise<void> {
    try {
      this.#saved = await this.#store.load(this.#key);
    } catch {
      // The save below reports the problem.
    }
    if (this.#handled !== null) await this.#save(this.#handled, "leading");
  }

  async #save(cursor: string, sharing: Sharing): Promise<void> {
    if (cursor === this.#saved) return;
    try {
      if (sharing === "leading") {
        // Another tab has saved: this tab was frozen and has lost the lock, but has not been notified yet.
        const stored = await this.#store.load(this.#key);
        if (stored !== null && stored !== this.#saved) return;
      }
      await within(this.#clock, savePatienceMs, "Saving the position", Promise.resolve(this.#store.save(this.#key, cursor)));
      this.#saved = cursor;
    } catch (error) {
      this.#onProblem(new Error("The position could not be saved: after a reload some orders will come again.", { cause: error }));
    }
  }
}
