import { systemClock, type Clock } from "./clock.js";
import { defaultCursors, type CursorStore } from "./cursor-store.js";
import type { Gap } from "./items.js";
import { bufferedItems, fewestBufferedItems, mostBufferedItems } from "./limits.js";
import { openLink } from "./links/open-link.js";
import type { OpenLink } from "./links/link.js";
import { pageEvents, type PageEvents } from "./page-events.js";
import { browserTabs, type TabWorld } from "./tabs/world.js";
import { allTransports, type FeedState, type Transport } from "./state.js";

export interface OrderFeedOptions {
  /** The hub's base address. Default: the page's origin. */
  readonly server?: string | URL;

  /**
   * Gives a bearer token within 10 s, asked afresh for every connect and request. Default: none; then a session cookie speaks for
   * the user, and `user` says who that is.
   */
  readonly token?: () => string | null | Promise<string | null>;

  /** Whose feed this is; names the saved cursor and the connection that tabs share. Default: the token's `sub`. */
  readonly user?: string;

  /** Which transports may be used, in the order in which they are tried. Default: all four, WebSockets first, EventSource last. */
  readonly transports?: readonly Transport[];

  /** Where to begin when no cursor is saved: a cursor, `latest`, `earliest`, or null for what is not acknowledged. Default: null. */
  readonly after?: string | null;

  /** Where the cursor is kept. Default: `localStorage`, or memory where there is none. */
  readonly cursorStore?: CursorStore;

  /** Lets all tabs of this origin with the same server and user share one connection. Default: true; means nothing outside browsers. */
  readonly shareTabs?: boolean;

  /** How many items may wait for the handler before the stream is stopped until half of them are handled. Default 4,096; 2 to 1,000,000. */
  readonly bufferedItems?: number;

  /** Whether cookies go to a server of another origin. Default: true. */
  readonly withCredentials?: boolean;

  /**
   * Told of missing notifications, in order between those that there are; the cursor moves on when it has returned. Default: a
   * warning on the console.
   */
  readonly onGap?: (gap: Gap) => void | Promise<void>;

  /** Told of every change of {@link OrderFeed.state}. */
  readonly onStateChanged?: (state: FeedState) => void;

  /** Told how many notifications are not acknowledged, whenever that changes; only then they are counted. */
  readonly onUnread?: (unread: number) => void;

  /** Told what went wrong without ending the feed, such as a cursor that could not be saved. Default: a warning on the console. */
  readonly onProblem?: (problem: Error) => void;

  /** The browser's class, or the package `eventsource` in Node, for the transport of that name. Default: the global one. */
  readonly EventSource?: typeof EventSource;

  /** What the feed takes from the world around it; for tests. */
  readonly environment?: Partial<Environment>;
}

/** Time, chance and browser, to be replaced by tests. */
export interface Environment {
  readonly clock: Clock;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly page: PageEvents;
  readonly openLink: OpenLink;
  /** Null: tabs cannot share a connection here. */
  readonly tabs: TabWorld | null;
}

type Completed = "token" | "user" | "onUnread" | "EventSource" | "environment" | "server";

/** The options, checked and completed. */
export interface Settings extends Omit<Required<OrderFeedOptions>, Completed> {
  readonly server: URL;
  readonly token: (() => Promise<string | null>) | null;
  readonly user: string | null;
  readonly onUnread: ((unread: number) => void) | null;
  readonly EventSource: typeof EventSource | undefined;
  readonly environment: Environment;
}

/** @throws {TypeError | RangeError} Something is wrong; the text says what to change. */
export function complete(options: OrderFeedOptions): Settings {
  const { token } = options;
  if (token === undefined && options.user === undefined)
    throw new TypeError("Give options.token, or options.user where a session cookie speaks for the user.");
  const warn = (problem: Error) => console.warn(problem);
  const onProblem = harmless("onProblem", options.onProblem ?? warn, warn);
  return {
    server: readServer(options.server),
    token: token === undefined ? null : async () => await token(),
    user: options.user ?? null,
    transports: readTransports(options.transports, options.EventSource),
    after: options.after ?? null,
    cursorStore: options.cursorStore ?? defaultCursors(),
    shareTabs: (options.shareTabs ?? true) && (typeof document !== "undefined" || options.environment?.tabs != null),
    bufferedItems: readBufferedItems(options.bufferedItems ?? bufferedItems),
    withCredentials: options.withCredentials ?? true,
    onGap: options.onGap ?? (gap => console.warn("Notifications are missing, and options.onGap is not set:", gap)),
    onStateChanged: harmless("onStateChanged", options.onStateChanged ?? (() => {}), onProblem),
    onUnread: options.onUnread === undefined ? null : harmless("onUnread", options.onUnread, onProblem),
    onProblem,
    EventSource: options.EventSource ?? globalThis.EventSource,
    environment: { clock: systemClock, random: Math.random, page: pageEvents, openLink, tabs: browserTabs(), ...options.environment },
  };
}

/** A listener whose errors are told and go no further: thrown into a connection, one would cost the order that is being passed on. */
function harmless<T>(name: string, listener: (told: T) => void, onProblem: (problem: Error) => void): (told: T) => void {
  return told => {
    try {
      listener(told);
    } catch (error) {
      onProblem(new Error(`options.${name} failed.`, { cause: error }));
    }
  };
}

function readServer(server: string | URL | undefined): URL {
  const page = typeof location === "undefined" ? undefined : location.origin;
  if (server === undefined && page === undefined) throw new TypeError("options.server is missing: outside a page there is no default.");
  if (server !== undefined && !URL.canParse(String(server), page))
    throw new TypeError(`options.server is not an address: ${String(server)}`);
  const url = new URL(String(server ?? page), page);
  if (url.protocol !== "http:" && url.protocol !== "https:")
    throw new TypeError(`options.server must begin with http: or https:, not ${url.protocol}`);
  url.search = url.hash = "";
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  return url;
}

function readTransports(given: readonly Transport[] | undefined, eventSource: unknown): readonly Transport[] {
  const hasEventSource = (eventSource ?? globalThis.EventSource) !== undefined;
  if (given === undefined) return allTransports.filter(transport => transport !== "eventSource" || hasEventSource);
  if (given.length === 0) throw new RangeError("options.transports is empty: name at least one.");
  const unknown = given.find(transport => !allTransports.includes(transport));
  if (unknown !== undefined)
    throw new RangeError(`options.transports names ${unknown}, which is none; there are ${allTransports.join(", ")}.`);
  if (new Set(given).size !== given.length)
    throw new RangeError("options.transports names one twice: name each once, in the order to try them.");
  return [...given];
}

function readBufferedItems(size: number): number {
  if (Number.isInteger(size) && size >= fewestBufferedItems && size <= mostBufferedItems) return size;
  throw new RangeError(
    `options.bufferedItems is ${size}; it must be a whole number from ${fewestBufferedItems} to ${mostBufferedItems.toLocaleString("en")}.`,
  );
}
