import { passOverMs } from "./limits.js";
import type { Transport } from "./state.js";

/**
 * The order in which transports are tried: as given, with one exception. A transport that failed where a later one worked (a
 * proxy in between blocks or buffers it) is tried last for a while. If none works, the network is to blame, and nothing is
 * remembered.
 */
export class TransportOrder {
  readonly #given: readonly Transport[];
  readonly #failedAt = new Map<Transport, number>();

  constructor(given: readonly Transport[]) {
    this.#given = given;
  }

  at(now: number): Transport[] {
    const doubtful = (transport: Transport) => {
      const ago = now - (this.#failedAt.get(transport) ?? -Infinity);
      // A negative age means that the clock was set back, and proves nothing.
      return ago >= 0 && ago < passOverMs;
    };
    return [...this.#given.filter(transport => !doubtful(transport)), ...this.#given.filter(doubtful)];
  }

  /** A transport worked after others had failed. */
  carried(transport: Transport, failedBefore: readonly Transport[], now: number): void {
    this.#failedAt.delete(transport);
    for (const failed of failedBefore) this.#failedAt.set(failed, now);
  }
}
