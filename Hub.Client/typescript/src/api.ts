import { within, type Clock } from "./clock.js";
import type { Notification, Gap } from "./items.js";
import { silenceMs } from "./limits.js";
import { explain } from "./problem.js";

/** The hub refused a request. */
export class HubError extends Error {
  override readonly name = "HubError";

  /** @param status the HTTP status. */
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** What follows a cursor, page by page. */
export interface Page {
  readonly items: readonly (Notification | { readonly cursor: string; readonly gap: Gap })[];
  readonly cursor: string;
  readonly more: boolean;
}

export interface ApiSetup {
  readonly server: URL;
  readonly token: (() => Promise<string | null>) | null;
  readonly withCredentials: boolean;
  readonly clock: Clock;
}

/** The plain HTTP requests. They work in any state of the connection, and in a tab that has none. */
export class Api {
  readonly #setup: ApiSetup;

  constructor(setup: ApiSetup) {
    this.#setup = setup;
  }

  /** Acknowledges everything up to a cursor. Returns how many notifications are unread then. */
  async acknowledge(cursor: string): Promise<number> {
    const { unread } = await this.#ask<{ unread: number }>("PUT", "api/notifications/acknowledged", { cursor });
    return unread;
  }

  async unread(): Promise<number> {
    const { unread } = await this.#ask<{ unread: number }>("GET", "api/notifications/unread");
    return unread;
  }

  /** @param after a cursor, `latest`, `earliest`, or null for what is not acknowledged. */
  page(after: string | null, limit: number): Promise<Page> {
    const query = new URLSearchParams({ limit: String(limit), ...(after === null ? {} : { after }) });
    return this.#ask<Page>("GET", `api/notifications?${query}`);
  }

  #ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    const abort = new AbortController();
    return within(this.#setup.clock, silenceMs, `${method} ${path}`, this.#send<T>(method, path, body, abort.signal)).finally(() =>
      abort.abort(),
    );
  }

  async #send<T>(method: string, path: string, body: unknown, signal: AbortSignal): Promise<T> {
    const { server, token, withCredentials } = this.#setup;
    const bearer = await token?.();
    const answer = await fetch(new URL(path, server), {
      method,
      signal,
      headers: {
        Accept: "application/json",
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        ...(bearer === null || bearer === undefined ? {} : { Authorization: `Bearer ${bearer}` }),
      },
      credentials: withCredentials ? "include" : "same-origin",
      cache: "no-store",
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (answer.ok) return (await answer.json()) as T;
    throw new HubError(answer.status, explain(answer.status, await answer.text()));
  }
}
