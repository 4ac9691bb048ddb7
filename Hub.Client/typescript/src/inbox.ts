import { isGap, isNotification, type GapItem, type Item, type Notification, unknownGap } from "./items.js";
import { rememberedIds } from "./limits.js";
import { Recent } from "./recent.js";

/** One thing to handle, or only a position to save. */
export interface Entry {
  readonly item: Notification | GapItem | null;
  /** To be saved when it has been handled: the item's, or a later one behind which there was nothing more. Null: not known. */
  cursor: string | null;
}

/**
 * What has come and waits for the handler, in order. Bounded by its filler: whoever adds stops when it is full and goes on when
 * it has room again. The second copy of a notification (to a user and to a group of that user) is dropped here.
 */
export class Inbox {
  readonly #entries: Entry[] = [];
  readonly #ids = new Recent(rememberedIds);
  readonly #capacity: number;
  #waiting: (() => void) | null = null;
  #finished = false;

  /** Told when a full inbox has been emptied to the half. */
  onRoom: () => void = () => {};

  /** Told of every notification that was added, copies included: each counts as unread. */
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

  /** Continuity is not known from here on: the server could not read the reader's cursor. */
  addUnknownGap(): void {
    this.#push({ item: { cursor: null, gap: unknownGap }, cursor: null });
  }

  /** Waits for the next entry. Null: there is none any more. */
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

  /** Nothing more comes; what waits is still handled. */
  finish(): void {
    this.#finished = true;
    this.#wake();
  }

  /** What waits still is not handled: it comes again next time. */
  close(): void {
    this.#entries.length = 0;
    this.finish();
  }

  // Nothing to handle: it belongs to what waits last, so that positions never fill the inbox.
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
