import { isGap, isNotification, type GapItem, type Item, type Notification, unknownGap } from "./items.js";
import { rememberedIds } from "./limits.js";
import { Recent } from "./recent.js";

/** One item to handle, or only a position to save. */
export interface Entry {
  readonly item: Notification | GapItem | null;
  /** The cursor to save after handling: the item's, or that of a later position with no items in between. Null: unknown. */
  cursor: string | null;
}

/**
 * Items that have arrived and wait for the handler, in order. The writer keeps the bound: it stops when the inbox is full,
 * and resumes when there is room again. The inbox drops the second copy of a notification (to a user and to a group of that
 * user).
 */
export class Inbox {
  readonly #entries: Entry[] = [];
  readonly #ids = new Recent(rememberedIds);
  readonly #capacity: number;
  #waiting: (() => void) | null = null;
  #finished = false;

  /** Called when a full inbox is half empty again. */
  onRoom: () => void = () => {};

  /** Called for every notification that is added, copies included: each counts as unread. */
  onNotification: () => void = () => {};

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get isFull(): boolean {
    return this.#entries.length >= this.#capacity;
  }

  add(item: Item): void {
    if (this.#finished) return;
    const cursor = item.cursor ?? null;
    if (isNotification(item)) this.onNotification();
    if (isNotification(item) && this.#ids.add(item.id)) this.#push({ item, cursor });
    else if (isGap(item)) this.#push({ item, cursor });
    else this.#move(cursor);
  }

  /** Continuity is unknown from here on: the server could not read the reader's cursor. */
  addUnknownGap(): void {
    this.#push({ item: { cursor: null, gap: unknownGap }, cursor: null });
  }

  /** Waits for the next entry. Null: there are no more. */
  async next(): Promise<Entry | null> {
    for (;;) {
      const entry = this.#entries.shift();
      if (entry !== undefined) {
        if (this.#entries.length === Math.floor(this.#capacity / 2)) this.onRoom();
        return entry;
      }
      if (this.#finished) return null;
      await new Promise<void>(resolve => (this.#waiting = resolve));
    }
  }

  /** No more items arrive; the waiting ones are still handled. */
  finish(): void {
    this.#finished = true;
    this.#wake();
  }

  /** Drops the waiting items: they are delivered again next time. */
  close(): void {
    this.#entries.length = 0;
    this.finish();
  }

  // A position needs no handling: add it to the last waiting entry, so that positions never fill the inbox.
  #move(cursor: string | null): void {
    if (cursor === null) return;
    const last = this.#entries.at(-1);
    if (last !== undefined) last.cursor = cursor;
    else this.#push({ item: null, cursor });
  }

  #push(entry: Entry): void {
    this.#entries.push(entry);
    this.#wake();
  }

  #wake(): void {
    this.#waiting?.();
    this.#waiting = null;
  }
}
