// A reader's orders, for as long as the page is open: connects, catches up, is live, is cut off, comes back from its cursor.
import { openStream, type CloseStream } from './streams';
import type { Closing, Gap, Item, Notification, Transport } from './wire';

export type FeedState =
  | { kind: 'connecting' }
  | { kind: 'catching-up' }
  | { kind: 'live' }
  | { kind: 'waiting'; until: number; why: string }
  | { kind: 'cut'; since: number }
  | { kind: 'closed'; why: string };

export interface FeedOptions {
  transport: Transport;
  /** Where the reader was, or null if it never was here. */
  cursor: string | null;
  getToken: () => Promise<string>;
  /** `missed`: it was published while this reader was away. The cursor counts as reached once this has returned. */
  onNotification: (notification: Notification, missed: boolean) => void;
  onGap: (gap: Gap) => void;
  onState: (state: FeedState) => void;
}

/** Silence after which a reader that catches up has caught up. */
const quietMs = 300;
const firstDelayMs = 500;
const longestDelayMs = 15_000;

export class Feed {
  #close: CloseStream | undefined;
  #timer = 0;
  #quiet = 0;
  #failures = 0;
  #attempt = 0;
  #state: FeedState = { kind: 'connecting' };
  #closing: Closing | undefined;
  #connectedAt = 0;
  /** What a reader gets at its very first visit it cannot have missed. */
  #wasHere = false;
  cursor: string | null;
  transport: Transport;

  constructor(private readonly options: FeedOptions) {
    this.cursor = options.cursor;
    this.transport = options.transport;
  }

  get state(): FeedState { return this.#state; }

  connect(): void {
    this.#leave();
    this.#enter({ kind: 'connecting' });
    const attempt = this.#attempt;
    this.options.getToken().then(
      token => { if (attempt === this.#attempt) this.#open(token); },
      error => { if (attempt === this.#attempt) this.#ended(error); });
  }

  /** Cuts the connection until `connect` is called. */
  cut(): void {
    this.#leave();
    this.#enter({ kind: 'cut', since: Date.now() });
  }

  switchTo(transport: Transport): void {
    this.transport = transport;
    if (this.#state.kind !== 'cut') this.connect();
  }

  close(): void {
    this.#leave();
  }

  #open(token: string): void {
    this.#closing = undefined;
    this.#wasHere = this.cursor !== null;
    this.#close = openStream({
      transport: this.transport,
      token,
      after: this.cursor,
      onItem: item => this.#take(item),
      onEnd: error => this.#ended(error),
    });
  }

  #take(item: Item): void {
    if (this.#state.kind === 'connecting') {
      this.#failures = 0;
      this.#connectedAt = Date.now();
      this.#enter({ kind: 'catching-up' });
    }
    if ('closing' in item) this.#closing = item.closing;
    else if ('gap' in item) this.options.onGap(item.gap);
    else if ('id' in item) this.options.onNotification(item, this.#wasMissed(item));
    if (item.cursor) this.cursor = item.cursor;
    if (this.#state.kind !== 'catching-up') return;
    clearTimeout(this.#quiet);
    this.#quiet = window.setTimeout(() => this.#enter({ kind: 'live' }), quietMs);
  }

  #wasMissed(item: Notification): boolean {
    if (this.#state.kind !== 'catching-up' || !this.#wasHere) return false;
    if (Date.parse(item.time) < this.#connectedAt) return true;
    // So busy that there is no silence: what is newer than the connection is live.
    this.#enter({ kind: 'live' });
    return false;
  }

  #ended(error?: unknown): void {
    this.#leave();
    const closing = this.#closing;
    if (closing?.reason === 'revoked') {
      this.#enter({ kind: 'closed', why: 'The hub has sent this reader away.' });
      return;
    }
    const delay = closing?.reconnectInMs ?? Math.random() * Math.min(longestDelayMs, firstDelayMs * 2 ** this.#failures);
    this.#failures++;
    this.#enter({ kind: 'waiting', until: Date.now() + delay, why: closing?.reason ?? (error instanceof Error ? error.message : 'the connection was lost') });
    this.#timer = window.setTimeout(() => this.connect(), delay);
  }

  #leave(): void {
    this.#attempt++;
    clearTimeout(this.#timer);
    clearTimeout(this.#quiet);
    this.#close?.();
    this.#close = undefined;
  }

  #enter(state: FeedState): void {
    this.#state = state;
    this.options.onState(state);
  }
}
