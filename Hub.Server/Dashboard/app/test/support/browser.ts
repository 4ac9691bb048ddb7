import { vi } from "vitest";

/** The part of a browser that the page's logic uses: storage, its events, and requests. Created for each test by `begin`. */
export let stored: Map<string, string>;

/** Whether the storage is full. */
export let full: { yes: boolean };

/** The requests that were made, as "POST api/session". */
export const requests: { what: string; init: RequestInit }[] = [];

let listeners: EventTarget;
let answers: Map<string, () => Response | Promise<Response>>;

export function begin(): void {
  stored = new Map();
  full = { yes: false };
  requests.length = 0;
  listeners = new EventTarget();
  answers = new Map();
  vi.stubGlobal("localStorage", {
    getItem: (key: string) => stored.get(key) ?? null,
    removeItem: (key: string) => stored.delete(key),
    setItem: (key: string, value: string) => {
      if (full.yes) throw new DOMException("full", "QuotaExceededError");
      stored.set(key, value);
    },
  });
  vi.stubGlobal("addEventListener", (name: string, call: (event: Event) => void) => listeners.addEventListener(name, call));
  vi.stubGlobal("removeEventListener", (name: string, call: (event: Event) => void) => listeners.removeEventListener(name, call));
  vi.stubGlobal("window", globalThis);
  vi.stubGlobal("location", { href: "http://hub.test/below/#/" });
  vi.stubGlobal("fetch", (address: string, init: RequestInit = {}) => {
    const what = `${init.method ?? "GET"} ${address}`;
    requests.push({ what, init });
    const given = answers.get(what);
    return given === undefined ? Promise.reject(new TypeError("Failed to fetch")) : Promise.resolve(given());
  });
}

/** A request without a prepared answer fails, as if the server were unavailable. */
export function answer(what: string, give: () => Response | Promise<Response>): void {
  answers.set(what, give);
}

export function happens(name: string, more: Record<string, unknown> = {}): void {
  listeners.dispatchEvent(Object.assign(new Event(name), more));
}

/** Stores a value as another tab of this browser would. */
export function storedElsewhere(key: string, value: string): void {
  stored.set(key, value);
  happens("storage", { key });
}
