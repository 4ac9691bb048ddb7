import { within } from "../clock.js";
import type { Item } from "../items.js";
import { connectTimeoutMs } from "../limits.js";
import { explain, isRevoked } from "../problem.js";
import { BadCursorError, RevokedError, ServerRefusedError, type Link, type LinkEvents, type LinkSetup } from "./link.js";

/** The event names of the stream; a notification has none. */
const eventNames = ["message", "gap", "closing", "heartbeat"];

/** The plain event stream, without SignalR. The browser must not reconnect by itself: it would use the old token. */
export class EventSourceLink implements Link {
  readonly hasHeartbeat = true;
  readonly refresh = null;
  readonly #setup: LinkSetup;
  readonly #events: LinkEvents;
  #source: EventSource | null = null;
  /** True while the link asks the server why it refused the stream. */
  #asking: AbortController | null = null;

  constructor(setup: LinkSetup, events: LinkEvents) {
    this.#setup = setup;
    this.#events = events;
  }

  open(): Promise<void> {
    if (this.#setup.EventSource !== undefined) return Promise.resolve();
    return Promise.reject(new Error("There is no EventSource here: give one as options.EventSource, or leave the transport out."));
  }

  subscribe(after: string | null): Promise<void> {
    this.pause();
    const source = new this.#setup.EventSource!(this.#url(after).href, { withCredentials: this.#setup.withCredentials });
    this.#source = source;
    let opened = false;
    source.onopen = () => (opened = true);
    for (const name of eventNames)
      source.addEventListener(name, event => {
        if (this.#source === source) this.#read(event as MessageEvent<string>);
      });
    source.onerror = () => {
      if (this.#source !== source) return;
      this.close();
      if (opened) this.#events.ended(new Error("The event stream broke off."));
      else void this.#askWhy(after);
    };
    return Promise.resolve();
  }

  pause(): void {
    this.#source?.close();
    this.#source = null;
    this.#asking?.abort();
    this.#asking = null;
  }

  check(): null {
    return null;
  }

  node(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  close(): void {
    this.pause();
  }

  #read(event: MessageEvent<string>): void {
    this.#events.heard();
    let item: Item;
    try {
      item = JSON.parse(event.data) as Item;
    } catch (error) {
      this.close();
      this.#events.ended(new Error("The event stream carried something that is not JSON.", { cause: error }));
      return;
    }
    this.#events.item(item);
  }

  async #askWhy(after: string | null): Promise<void> {
    const asking = (this.#asking = new AbortController());
    const error = await this.#refusal(after, asking.signal);
    if (!asking.signal.aborted) this.#events.ended(error);
  }

  /** A browser does not report why a stream was refused; reading the same address as a page does. */
  async #refusal(after: string | null, signal: AbortSignal): Promise<Error> {
    const url = this.#url(after);
    url.searchParams.set("limit", "1");
    try {
      const answer = await within(
        this.#setup.clock,
        connectTimeoutMs,
        "Asking why",
        fetch(url, {
          signal,
          headers: { Accept: "application/json" },
          credentials: this.#setup.withCredentials ? "include" : "same-origin",
        }),
      );
      const body = await answer.text();
      if (answer.status === 400) return new BadCursorError("The server cannot read the cursor.");
      if (answer.ok) return new Error("The event stream could not be opened.");
      if (isRevoked(answer.status, body)) return new RevokedError();
      return new ServerRefusedError(`The server answered ${explain(answer.status, body)}`);
    } catch (error) {
      return new ServerRefusedError("The server could not be reached.", { cause: error });
    }
  }

  #url(after: string | null): URL {
    const url = new URL("api/notifications", this.#setup.server);
    if (after !== null) url.searchParams.set("after", after);
    if (this.#setup.token !== null) url.searchParams.set("access_token", this.#setup.token);
    return url;
  }
}
