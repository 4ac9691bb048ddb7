import { Api } from "./api.js";
import { Bookmark } from "./bookmark.js";
import { Connection } from "./connection.js";
import { asError } from "./errors.js";
import { identify } from "./identify.js";
import { Inbox } from "./inbox.js";
import { isGap, type GapItem, type Item, type Notification } from "./items.js";
import { unreadSpreadMs } from "./limits.js";
import { complete, type OrderFeedOptions, type Settings } from "./options.js";
import type { Source } from "./source.js";
import { idle, type FeedState } from "./state.js";
import { SharedConnection } from "./tabs/shared-connection.js";
import { UnreadCount } from "./unread-count.js";

/**
 * Reads a user's orders: each one once and in order, including those that arrived while the page was closed.
 *
 * ```ts
 * const feed = new OrderFeed({ token: () => getToken() });
 * for await (const order of feed) show(order);      // the position is saved after the body has run
 * ```
 */
export class OrderFeed implements AsyncIterable<Notification> {
  readonly #settings: Settings;
  readonly #inbox: Inbox;
  readonly #api: Api;
  readonly #unread: UnreadCount;
  #state: FeedState = idle;
  #source: Source | null = null;
  #bookmark: Bookmark | null = null;
  #begun = false;
  readonly #ended = new AbortController();
  #fault: Error | null = null;

  /** @throws {TypeError | RangeError} An option is invalid; the message says what to change. */
  constructor(options: OrderFeedOptions) {
    this.#settings = complete(options);
    const { environment, onUnread } = this.#settings;
    this.#api = new Api({ ...this.#settings, clock: environment.clock });
    this.#inbox = new Inbox(this.#settings.bufferedItems);
    this.#unread = new UnreadCount(environment.clock, () => this.#shared(this.#api.unread()), onUnread);
    this.#inbox.onNotification = () => this.#unread.add();
    this.#inbox.onRoom = () => this.#source?.resume();
  }

  /** The state of the feed, to show on a page. */
  get state(): FeedState {
    return this.#state;
  }

  /**
   * Reads until the feed is closed. If the handler throws, this ends with that error; the order is delivered again next time.
   */
  async run(handler: (order: Notification) => void | Promise<void>): Promise<void> {
    for await (const order of this) await handler(order);
  }

  /**
   * Can be iterated once. Leaving the loop closes the feed; the order at which the loop was left is delivered again next
   * time.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<Notification, void, void> {
    for await (const item of this.items()) {
      if (isGap(item)) await this.#settings.onGap(item.gap);
      else yield item;
    }
  }

  /** Like iterating the feed itself, but yields the gaps in their places instead of calling `onGap`. */
  async *items(): AsyncGenerator<Notification | GapItem, void, void> {
    if (this.#begun) throw new Error("This feed was read before. Make another one: it goes on where this one was.");
    this.#begun = true;
    const working = this.#work();
    try {
      for (let entry = await this.#inbox.next(); entry !== null; entry = await this.#inbox.next()) {
        if (entry.item !== null) yield* this.#traced(entry.item);
        if (entry.cursor !== null) await this.#bookmark?.move(entry.cursor, this.#state.sharing);
      }
      if (this.#fault !== null) throw this.#fault;
    } finally {
      this.close();
      await working;
    }
  }

  /** The span ends when the loop asks for the next item, or is left. */
  *#traced(item: Notification | GapItem): Generator<Notification | GapItem, void, void> {
    const span = this.#settings.startSpan(item);
    try {
      yield item;
    } finally {
      span?.end();
    }
  }

  /**
   * Acknowledges everything up to an order, on all of the user's devices. Works in any state of the connection.
   * @param upTo an order or a cursor. Default: the last one that was handled.
   * @returns how many notifications are unread then.
   * @throws {HubError} The server refused.
   */
  async acknowledge(upTo: Notification | string | null = this.#bookmark?.handled ?? null): Promise<number> {
    if (upTo === null) throw new Error("Nothing was handled yet: say up to which order.");
    const cursor = typeof upTo === "string" ? upTo : upTo.cursor;
    return await this.#unread.learn(() => this.#shared(this.#api.acknowledge(cursor)));
  }

  /** Returns how many notifications the user has not acknowledged. */
  async unread(): Promise<number> {
    return await this.#unread.learn(() => this.#shared(this.#api.unread()));
  }

  /** Drops the connection and opens another one at once. */
  reconnectNow(): void {
    this.#source?.reconnectNow();
  }

  /** Closes the feed. Orders that were not handled yet are delivered again next time. */
  close(): void {
    this.#inbox.close();
    this.#end();
  }

  #end(): void {
    if (this.#ended.signal.aborted) return;
    this.#ended.abort();
    this.#source?.stop();
    this.#unread.stop();
    this.#change({
      status: "closed",
      transport: null,
      node: undefined,
      reconnectAt: null,
      reconnectInMs: null,
      reason: this.#state.reason ?? "closed",
    });
  }

  /** Finds the user and the saved position, then starts the source. */
  async #work(): Promise<void> {
    try {
      const { user, token, environment, server, cursorStore, onProblem, after } = this.#settings;
      const { signal } = this.#ended;
      const reader = user ?? (await identify({ token: token!, ...environment, signal, onStateChanged: change => this.#change(change) }));
      if (reader === null) return;
      const key = `order-feed:${server.href}:${reader}`;
      this.#bookmark = new Bookmark(cursorStore, key, environment.clock, onProblem);
      const start = (await this.#bookmark.load()) ?? after;
      if (signal.aborted) return;
      this.#source = this.#open(key, start);
      const reason = await this.#source.run();
      this.#change({ reason });
    } catch (error) {
      this.#fault = asError(error);
      this.#change({ reason: this.#fault.message });
    } finally {
      this.#inbox.finish();
      this.#end();
    }
  }

  #open(name: string, after: string | null): Source {
    const { shareTabs, environment } = this.#settings;
    const sink = {
      item: (item: Item) => {
        this.#inbox.add(item);
        if (this.#inbox.isFull) this.#source?.pause();
      },
      state: (change: Partial<FeedState>) => this.#change(change),
      lost: () => this.#inbox.addUnknownGap(),
      unread: (unread: number) => this.#unread.set(unread),
    };
    const setup = { ...this.#settings, ...environment };
    if (shareTabs && environment.tabs !== null) {
      const readPage: Api["page"] = (position, limit) => this.#api.page(position, limit);
      return new SharedConnection({ ...setup, tabs: environment.tabs, name, readPage }, after, sink);
    }
    this.#change({ sharing: shareTabs ? "unavailable" : "off" });
    return new Connection(setup, after, sink);
  }

  /** Passes the count on to the other tabs, so that they need not ask. */
  async #shared(answer: Promise<number>): Promise<number> {
    const unread = await answer;
    this.#source?.tellUnread(unread);
    return unread;
  }

  #change(change: Partial<FeedState>): void {
    const before = this.#state;
    const after = { ...before, ...change, ...(this.#ended.signal.aborted ? { status: "closed" as const } : {}) };
    if ((Object.keys(after) as (keyof FeedState)[]).every(key => after[key] === before[key])) return;
    this.#state = after;
    if (after.status === "live" && before.status !== "live") {
      this.#unread.refresh(after.sharing === "following" ? unreadSpreadMs * (1 + this.#settings.environment.random()) : 0);
    }
    if (after.sharing === "leading" && before.sharing !== "leading") void this.#bookmark?.takeOver();
    this.#settings.onStateChanged(after);
  }
}
