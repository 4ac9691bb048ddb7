import { systemClock, type Clock } from "./clock.js";
import { defaultCursors, type CursorStore } from "./cursor-store.js";
import type { Gap } from "./items.js";
import { bufferedItems, fewestBufferedItems, mostBufferedItems } from "./limits.js";
import { openLink } from "./links/open-link.js";
import type { OpenLink } from "./links/link.js";
import { pageEvents, type PageEvents } from "./page-events.js";
import { browserTabs, type TabWorld } from "./tabs/world.js";
import { tracing, type OpenTelemetry, type StartSpan } from "./tracing.js";
import { allTransports, type FeedState, type Transport } from "./state.js";

export interface OrderFeedOptions {
  /** The hub's base address. Default: the page's origin. */
  readonly server?: string | URL;

  /**
   * Returns a bearer token, within 10 s. Called for every connect and request, and two minutes before the end of the token of an open
   * connection: with a newer one, that stays open. Default: none; a session cookie then identifies the user to the server, and `user` must
   * name the user.
   */
  readonly token?: () => string | null | Promise<string | null>;

  /**
   * The user's name: part of the key of the saved cursor and of the connection that tabs share. Default: the token's `sub`.
   */
  readonly user?: string;

  /** The transports that may be used, in the order to try them. Default: all four, WebSockets first, EventSource last. */
  readonly transports?: readonly Transport[];

  /**
   * Where to begin if no cursor is saved: a cursor, `latest`, `earliest`, or null for what is not acknowledged. Default:
   * null.
   */
  readonly after?: string | null;

  /** Where the cursor is saved. Default: `localStorage`, or memory if there is none. */
  readonly cursorStore?: CursorStore;

  /**
   * Whether all tabs of this origin with the same server and user share one connection. Default: true. No effect outside
   * browsers.
   */
  readonly shareTabs?: boolean;

  /**
   * How many items may wait for the handler. If more wait, the feed stops the stream until half of them are handled. Default
   * 4,096; 2 to 1,000,000.
   */
  readonly bufferedItems?: number;

  /** Whether cookies go to a server of another origin. Default: true. */
  readonly withCredentials?: boolean;

  /**
   * Called for missing notifications, in order between the others; the cursor moves on when the call has completed. Default:
   * a warning on the console.
   */
  readonly onGap?: (gap: Gap) => void | Promise<void>;

  /** Called for every change of {@link OrderFeed.state}. */
  readonly onStateChanged?: (state: FeedState) => void;

  /**
   * Called with the number of unacknowledged notifications whenever it changes. Without this callback, the feed does not
   * count them.
   */
  readonly onUnread?: (unread: number) => void;

  /**
   * Called for problems that do not end the feed, such as a cursor that could not be saved. Default: a warning on the
   * console.
   */
  readonly onProblem?: (problem: Error) => void;

  /**
   * The module `@opentelemetry/api`, as `import * as api` gives it: a span `process` under the publish then covers the handling of each
   * notification that was traced. Default: none.
   */
  readonly openTelemetry?: OpenTelemetry;

  /**
   * The class for the transport `eventSource`: the browser's, or the one of the package `eventsource` in Node. Default: the
   * global one.
   */
  readonly EventSource?: typeof EventSource;

  /** Replaces the feed's clock, random numbers and browser APIs; for tests. */
  readonly environment?: Partial<Environment>;
}

/** The clock, random numbers and browser APIs, which tests can replace. */
export interface Environment {
  readonly clock: Clock;
  /** Returns a number from 0 to 1, like `Math.random`. */
  readonly random: () => number;
  readonly page: PageEvents;
  readonly openLink: OpenLink;
  /** Null: tabs cannot share a connection. */
  readonly tabs: TabWorld | null;
}

type Completed = "token" | "user" | "onUnread" | "openTelemetry" | "EventSource" | "environment" | "server";

/** The options, validated and with defaults. */
export interface Settings extends Omit<Required<OrderFeedOptions>, Completed> {
  readonly server: URL;
  readonly token: (() => Promise<string | null>) | null;
  readonly user: string | null;
  readonly onUnread: ((unread: number) => void) | null;
  readonly startSpan: StartSpan;
  readonly EventSource: typeof EventSource | undefined;
  readonly environment: Environment;
}

/** @throws {TypeError | RangeError} An option is invalid; the message says what to change. */
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
    startSpan: tracing(options.openTelemetry),
    EventSource: options.EventSource ?? globalThis.EventSource,
    environment: { clock: systemClock, random: Math.random, page: pageEvents, openLink, tabs: browserTabs(), ...options.environment },
  };
}

/**
 * Wraps a listener and reports its errors. Thrown into a connection, an error would lose the order that is being passed on.
 */
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
