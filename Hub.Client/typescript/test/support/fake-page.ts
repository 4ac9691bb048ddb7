import type { PageEvents } from "../../src/page-events.js";

/** A page whose events a test raises. */
export class FakePage implements PageEvents {
  readonly #calls = { wake: new Set<() => void>(), hide: new Set<() => void>(), return: new Set<() => void>() };

  onWake = (call: () => void) => this.#listen("wake", call);
  onHide = (call: () => void) => this.#listen("hide", call);
  onReturn = (call: () => void) => this.#listen("return", call);

  happens(what: "wake" | "hide" | "return"): void {
    for (const call of [...this.#calls[what]]) call();
  }

  #listen(what: "wake" | "hide" | "return", call: () => void): () => void {
    this.#calls[what].add(call);
    return () => void this.#calls[what].delete(call);
  }
}
