import type { Clock } from "../clock.js";
import { askLeaderAfterMs, beatMs, leaderAnswerMs, leaderLookMs, leaderSilenceMs, leaderSilenceSpreadMs } from "../limits.js";
import type { Locks } from "./world.js";

export interface LeadershipEvents {
  won(): void;
  /** Another tab has taken the lock. */
  lost(): void;
  beat(): void;
  ask(): void;
  /** The browser has locks but does not grant any. */
  failed(error: unknown): void;
}

/**
 * Elects one tab: the holder of the lock leads. The next tab in the queue takes over at once when the leading tab is closed.
 */
export class Leadership {
  readonly #locks: Locks;
  readonly #name: string;
  readonly #clock: Clock;
  readonly #patienceMs: number;
  readonly #events: LeadershipEvents;
  #candidacy: AbortController | null = null;
  #release: (() => void) | null = null;
  #heardAt = 0;
  #askedAt: number | null = null;
  #cancelTick: () => void = () => {};

  constructor(locks: Locks, name: string, clock: Clock, random: () => number, events: LeadershipEvents) {
    [this.#locks, this.#name, this.#clock, this.#events] = [locks, name, clock, events];
    // Spread the followers, so that they do not all try at the same moment.
    this.#patienceMs = leaderSilenceMs + Math.floor(random() * leaderSilenceSpreadMs);
  }

  get isLeading(): boolean {
    return this.#release !== null;
  }

  join(): void {
    this.#stand(false);
  }

  /** Releases the lock and no longer competes for it. */
  leave(): void {
    this.#cancelTick();
    this.#candidacy?.abort();
    this.#candidacy = null;
    this.#release?.();
    this.#release = null;
  }

  /** A message from the leader has arrived. */
  heard(): void {
    this.#heardAt = this.#clock.now();
    this.#askedAt = null;
  }

  #stand(steal: boolean): void {
    this.#candidacy?.abort();
    const candidacy = (this.#candidacy = new AbortController());
    this.heard();
    let hasWon = false;
    // A lock cannot be stolen and waited for at once: the two options exclude each other.
    const options = steal ? { steal } : { signal: candidacy.signal };
    const hold = () => {
      if (candidacy.signal.aborted) return undefined;
      hasWon = true;
      return new Promise<void>(resolve => {
        this.#release = resolve;
        this.#events.won();
        this.#tick();
      });
    };
    void this.#locks
      .request(this.#name, options, hold)
      .then(
        () => null,
        (error: unknown) => error,
      )
      .then(error => {
        if (this.#candidacy !== candidacy) return;
        this.#release = null;
        if (!hasWon) {
          this.leave();
          this.#events.failed(error);
          return;
        }
        this.#events.lost();
        this.#stand(false);
      });
    this.#tick();
  }

  #tick(): void {
    this.#cancelTick();
    if (this.isLeading) this.#events.beat();
    else this.#look();
    this.#cancelTick = this.#clock.after(this.isLeading ? beatMs : leaderLookMs, () => this.#tick());
  }

  #look(): void {
    const now = this.#clock.now();
    // If the clock was set back, treat earlier messages as arriving now.
    this.#heardAt = Math.min(this.#heardAt, now);
    if (this.#askedAt !== null) this.#askedAt = Math.min(this.#askedAt, now);
    const silence = now - this.#heardAt;
    if (silence >= askLeaderAfterMs && this.#askedAt === null) {
      this.#askedAt = now;
      this.#events.ask();
    } else if (silence >= this.#patienceMs && this.#askedAt !== null && now - this.#askedAt >= leaderAnswerMs) {
      this.#stand(true);
    }
  }
}
