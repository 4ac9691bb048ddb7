import { within, type Clock } from "./clock.js";
import { isFinal, revoked } from "./close-reasons.js";
import { connectTimeoutMs, longestConnectTimeoutMs, revokedTokens, stableAfterMs } from "./limits.js";
import {
  BadCursorError,
  NegotiationRefusedError,
  RevokedError,
  ServerRefusedError,
  type LinkEvents,
  type LinkSetup,
  type OpenLink,
} from "./links/link.js";
import type { PageEvents } from "./page-events.js";
import { delayAfterClosingMs, retryDelayMs } from "./retry.js";
import { Sequences } from "./sequences.js";
import { EndedByReaderError, Session, type Ending } from "./session.js";
import type { Sink, Source } from "./source.js";
import type { Transport } from "./state.js";
import { TokenRefresh } from "./token-refresh.js";
import { TransportOrder } from "./transport-order.js";

export interface ConnectionSetup extends Omit<LinkSetup, "token"> {
  readonly token: (() => Promise<string | null>) | null;
  readonly transports: readonly Transport[];
  readonly random: () => number;
  readonly openLink: OpenLink;
  readonly page: PageEvents;
  readonly clock: Clock;
}

/** Errors that every other transport would meet too. */
const speaksForAll = [ServerRefusedError, RevokedError, BadCursorError, EndedByReaderError];

const neverBegan = (error: Error): Ending => ({ carried: false, livedMs: 0, error, closing: null });

/** A connection of this tab's own, which reconnects without limit over any transport that works. */
export class Connection implements Source {
  readonly #setup: ConnectionSetup;
  readonly #sink: Sink;
  readonly #order: TransportOrder;
  #sequences = new Sequences();
  #position: string | null;
  #session: Session | null = null;
  #refresh: TokenRefresh | null = null;
  #attempt = 0;
  #fruitless = 0;
  #revoked = 0;
  #stopped = false;
  #paused = false;
  #skipWait: (() => void) | null = null;
  #waitIsOurs = false;
  #onRoom: (() => void) | null = null;

  /** @param after a cursor, `latest`, `earliest`, or null for what is not acknowledged. */
  constructor(setup: ConnectionSetup, after: string | null, sink: Sink) {
    [this.#setup, this.#sink, this.#position] = [setup, sink, after];
    this.#order = new TransportOrder(setup.transports);
  }

  async run(): Promise<string> {
    const deaf = this.#setup.page.onWake(() => this.wake());
    try {
      while (!this.#stopped) {
        // A full reader does not need a connection.
        if (this.#paused) await new Promise<void>(resolve => (this.#onRoom = resolve));
        if (this.#stopped) break;
        this.#sink.state({
          status: "connecting",
          transport: null,
          node: undefined,
          reconnectAt: null,
          reconnectInMs: null,
          attempt: this.#attempt,
        });
        const ending = await this.#round();
        if (this.#stopped) break;
        if (ending.closing !== null && isFinal(ending.closing.reason)) return ending.closing.reason;
        if (this.#isOut(ending)) return revoked;
        await this.#wait(ending);
      }
      return "closed";
    } finally {
      deaf();
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#session?.end();
    this.#skipWait?.();
    this.#onRoom?.();
  }

  pause(): void {
    this.#paused = true;
    this.#session?.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#session?.resume();
    this.#onRoom?.();
  }

  reconnectNow(): void {
    this.#session?.end();
    this.#skipWait?.();
  }

  /** Tests the link now, or ends the current wait. */
  wake(): void {
    this.#session?.check();
    // Do not cut a wait that the server asked for: it spreads the readers.
    if (this.#waitIsOurs) this.#skipWait?.();
  }

  tellUnread(): void {}

  #isOut({ carried, error }: Ending): boolean {
    if (carried) this.#revoked = 0;
    if (error instanceof RevokedError) this.#revoked++;
    return this.#revoked >= revokedTokens;
  }

  /** Tries the transports until one works, and keeps it until it ends. */
  async #round(): Promise<Ending> {
    const began = this.#setup.clock.now();
    const token = await this.#freshToken();
    if (token instanceof Error) return neverBegan(token);
    if (this.#stopped) return neverBegan(new EndedByReaderError("closed"));
    const limit = Math.min(connectTimeoutMs * 2 ** this.#fruitless, longestConnectTimeoutMs);
    const failed: Transport[] = [];
    let ending: Ending | null = null;
    for (const transport of this.#order.at(began)) {
      // All transports that negotiate would get the same answer.
      if (ending?.error instanceof NegotiationRefusedError && transport !== "eventSource") {
        failed.push(transport);
        continue;
      }
      ending = await this.#try(transport, token, limit, failed);
      if (ending.carried) this.#fruitless = 0;
      if (ending.carried || speaksForAll.some(kind => ending!.error instanceof kind)) return ending;
      failed.push(transport);
    }
    // On a slow line, everything takes longer than the default limits.
    this.#fruitless++;
    return ending!;
  }

  async #try(transport: Transport, token: string | null, limit: number, failed: readonly Transport[]): Promise<Ending> {
    const { clock } = this.#setup;
    const open = (events: LinkEvents) => this.#setup.openLink(transport, { ...this.#setup, token }, events);
    const session = new Session(clock, open, this.#sequences, this.#position, {
      carries: () => {
        this.#order.carried(transport, failed, clock.now());
        this.#sink.state({ status: "catching-up", transport, node: undefined, caughtUp: 0, reason: null });
        this.#keepFresh(session, token);
      },
      item: item => {
        this.#position = session.position;
        this.#sink.item(item);
      },
      node: node => this.#sink.state({ node }),
      caughtUp: caughtUp => this.#sink.state({ status: "live", caughtUp }),
    });
    this.#session = session;
    const ending = await session.run(limit);
    this.#session = null;
    this.#refresh?.stop();
    this.#refresh = null;
    return ending;
  }

  #keepFresh(session: Session, token: string | null): void {
    const { clock, token: getToken } = this.#setup;
    const { refresh } = session;
    if (token === null || getToken === null || refresh === null) return;
    // The next connection asks for a token again, and gets the other user's.
    const otherUser = () => session.end();
    this.#refresh = TokenRefresh.begin({ clock, getToken, refresh, otherUser, blocked: () => session.revoke() }, token);
  }

  async #freshToken(): Promise<string | null | Error> {
    const { clock, token } = this.#setup;
    if (token === null) return null;
    try {
      return await within(clock, connectTimeoutMs, "Getting a token", token());
    } catch (error) {
      return new Error("No token could be had.", { cause: error });
    }
  }

  async #wait({ error, closing, carried, livedMs }: Ending): Promise<void> {
    if (error instanceof EndedByReaderError) return;
    if (error instanceof BadCursorError && this.#position !== null) {
      this.#position = null;
      this.#sequences = new Sequences();
      this.#sink.lost();
      return;
    }
    if (carried && livedMs >= stableAfterMs) this.#attempt = 0;
    const { clock, random } = this.#setup;
    const ms = closing === null ? retryDelayMs(this.#attempt, random) : delayAfterClosingMs(closing.reconnectInMs, this.#attempt, random);
    this.#attempt++;
    this.#sink.state({
      status: "reconnecting",
      transport: null,
      node: undefined,
      attempt: this.#attempt,
      reason: error.message,
      reconnectInMs: ms,
      reconnectAt: clock.now() + ms,
    });
    await new Promise<void>(resolve => {
      const cancel = clock.after(ms, resolve);
      this.#skipWait = () => {
        cancel();
        resolve();
      };
      this.#waitIsOurs = closing === null;
    });
    this.#skipWait = null;
  }
}
