// A reader: its feed, its orders, and what the page shows of both. Survives every cut and every change of transport.
import { OrderFeed, type FeedState, type Gap, type Notification } from "@realtime/order-feed";
import { Keeper, kept } from "./kept";
import { Latency } from "./latency";
import { OrderBook } from "./orders";
import { keepAlive, type Session } from "./session";
import { toTry, type Choice } from "./transports";

export interface Reading {
  /** Null: the visitor has cut the connection, at `cutAt`. */
  readonly state: FeedState | null;
  readonly cutAt: number;
  /** The notifications that the reader missed while it was away. */
  readonly missed: { placed: number; changed: number } | null;
  readonly gap: Gap | null;
  readonly unread: number | null;
  /** Why the last acknowledgement was refused; empty if it was not. */
  readonly fault: string;
  readonly latency: number | undefined;
}

export class Reader {
  readonly book = new OrderBook();
  readonly #latency = new Latency();
  readonly #keeper: Keeper;
  #feed: OrderFeed | null = null;
  #cursor: string | null;
  #state: FeedState | null = null;
  #cutAt = 0;
  #missed: Reading["missed"] = null;
  #gap: Gap | null = null;
  #unread: number | null = null;
  #fault = "";
  /** Whether there was an earlier connection; and whether the present one is a reconnect. */
  #seenBefore: boolean;
  #returning = false;
  #connectedAt = 0;
  #handled = 0;

  /** @param changed called after every change, at most a few times per order */
  constructor(
    private readonly session: Session,
    private choice: Choice,
    private readonly changed: () => void,
  ) {
    const before = kept(session.user);
    this.#cursor = before?.cursor ?? null;
    this.#seenBefore = before !== null;
    if (before) this.book.restore(before.orders);
    this.#keeper = new Keeper(session.user, () => ({ cursor: this.#cursor, orders: count => this.book.newest(count) }));
  }

  get now(): Reading {
    return {
      state: this.#state,
      cutAt: this.#cutAt,
      missed: this.#missed,
      gap: this.#gap,
      unread: this.#unread,
      fault: this.#fault,
      latency: this.#latency.median,
    };
  }

  connect(): void {
    this.#feed?.close();
    const feed = (this.#feed = new OrderFeed({
      // The hub's base address is that of the page, also below a path.
      server: new URL(".", location.href),
      user: this.session.user,
      // The cookie identifies the reader; the token callback only renews the cookie in time.
      token: async () => {
        await keepAlive(this.session);
        return null;
      },
      transports: toTry(this.choice),
      // This tab's own position: another tab may be ahead, and has shown its orders there.
      cursorStore: {
        load: () => this.#cursor,
        save: (_, cursor) => {
          this.#cursor = cursor;
          this.#keeper.touch();
        },
      },
      onStateChanged: state => {
        if (feed === this.#feed) this.#enter(state);
      },
      onGap: gap => {
        this.#gap = gap;
        this.changed();
      },
      onUnread: unread => {
        this.#unread = unread;
        this.changed();
      },
    }));
    feed
      .run(order => this.#take(order))
      .catch(() => {
        /* the feed's state has the reason */
      });
  }

  cut(): void {
    this.#leave();
    this.#state = null;
    this.#cutAt = Date.now();
    this.#dismiss();
    this.changed();
  }

  switchTo(choice: Choice): void {
    this.choice = choice;
    this.#latency.clear();
    if (this.#state !== null) this.connect();
  }

  async acknowledge(): Promise<void> {
    if (this.#cursor === null || this.#feed === null) return;
    try {
      await this.#feed.acknowledge(this.#cursor);
      this.#fault = "";
    } catch (error) {
      this.#fault = (error as Error).message;
    }
    this.changed();
  }

  dismiss(): void {
    this.#dismiss();
    this.#gap = null;
    this.#fault = "";
    this.changed();
  }

  close(): void {
    this.#leave();
    this.#keeper.close();
  }

  #leave(): void {
    this.#feed?.close();
    this.#feed = null;
    this.#latency.clear();
  }

  #dismiss(): void {
    this.#missed = null;
    this.book.unmark();
  }

  #enter(state: FeedState): void {
    if (state.status === "catching-up" && this.#state?.status !== "catching-up") {
      this.#connectedAt = Date.now();
      this.#handled = 0;
      this.#returning = this.#seenBefore;
      this.#seenBefore = true;
      if (this.#returning) this.#dismiss();
    }
    this.#state = state;
    this.changed();
  }

  #take(order: Notification): void {
    const missed = this.#wasMissed(order);
    if (this.book.take(order, missed)) {
      if (missed) this.#count(order);
      else if (Date.parse(order.time) >= this.#connectedAt) this.#latency.add(Date.now() - Date.parse(order.time));
    }
    this.#cursor = order.cursor;
    this.changed();
  }

  /** True for what was published before the connection was made, if the reader was here before. */
  #wasMissed(order: Notification): boolean {
    this.#handled++;
    if (!this.#returning || Date.parse(order.time) >= this.#connectedAt) return false;
    return this.#state?.status === "catching-up" || this.#handled <= (this.#state?.caughtUp ?? 0);
  }

  #count(order: Notification): void {
    const { placed, changed } = this.#missed ?? { placed: 0, changed: 0 };
    this.#missed = order.type === "order.created" ? { placed: placed + 1, changed } : { placed, changed: changed + 1 };
  }
}
