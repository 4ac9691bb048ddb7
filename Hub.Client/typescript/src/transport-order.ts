import { passOverMs } from "./limits.js";
import type { Transport } from "./state.js";

/**
 * In which order transports are tried: as given, except that one that failed where a later one carried (a proxy in between
 * blocks or buffers it) is tried last for a while. If none carries, the network is to blame, and nothing is remembered.
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
      // Below 0 the clock was set back, and says nothing.
      return ago >= 0 && ago < passOverMs;
    };
    return [...this.#given.filter(transport => !doubtful(transport)), ...this.#given.filter(doubtful)];
  }

  /** One of them carried, after these had not. */
  carried(transport: Transport, failedBefore: readonly Transport[], now: number): void {
    this.#failedAt.delete(transport);
    for (const failed of failedBefore) this.#failedAt.set(failed, now);
  }
}
