// What a reader keeps in the browser: its position and the orders that it saw last, always saved together.
import type { Order } from "./orders";

export interface Kept {
  cursor: string;
  orders: Order[];
}

const maxOrders = 200;
const saveEveryMs = 1_000;

const placeOf = (user: string) => `realtime.kept.${user}`;

/** Null also if another version of the page, or other code, has stored something unreadable. */
export function kept(user: string): Kept | null {
  try {
    const it = JSON.parse(localStorage.getItem(placeOf(user)) ?? "null") as Partial<Kept> | null;
    return typeof it?.cursor === "string" && Array.isArray(it.orders) ? { cursor: it.cursor, orders: it.orders } : null;
  } catch {
    return null;
  }
}

/** Deletes the orders but keeps the position. */
export function forgetOrders(user: string): void {
  const before = kept(user);
  if (before) localStorage.setItem(placeOf(user), JSON.stringify({ ...before, orders: [] } satisfies Kept));
}

/** Saves soon after `touch`, and when the page is hidden. */
export class Keeper {
  #timer = 0;

  constructor(
    private readonly user: string,
    private readonly now: () => { cursor: string | null; orders: (count: number) => Order[] },
  ) {
    addEventListener("pagehide", this.flush);
  }

  touch(): void {
    this.#timer ||= window.setTimeout(this.#save, saveEveryMs);
  }

  close(): void {
    this.flush();
    removeEventListener("pagehide", this.flush);
  }

  /** Saves only if `touch` was called in this tab: one tab saves for all. */
  readonly flush = (): void => {
    if (this.#timer !== 0) this.#save();
  };

  readonly #save = (): void => {
    clearTimeout(this.#timer);
    this.#timer = 0;
    const { cursor, orders } = this.now();
    if (cursor === null) return;
    try {
      localStorage.setItem(placeOf(this.user), JSON.stringify({ cursor, orders: orders(maxOrders) } satisfies Kept));
    } catch {
      /* storage is full or forbidden: a reload then begins with what is not acknowledged */
    }
  };
}
