import { within, type Clock } from "./clock.js";
import { connectTimeoutMs, refreshPatienceMs } from "./limits.js";
import { refreshRetryMs, refreshWaitMs } from "./refresh-schedule.js";
import { expiryOf } from "./user.js";

/** The server's answer to a new token for an open connection. */
export type RefreshAnswer =
  | { readonly kind: "refreshed"; readonly lastsMs: number }
  /** The server cannot do it now, or not with this token. */
  | { readonly kind: "later" }
  /** The server is older and has no such method. */
  | { readonly kind: "unknown" }
  | { readonly kind: "other-user" }
  | { readonly kind: "blocked" };

export interface TokenRefreshSetup {
  readonly clock: Clock;
  readonly getToken: () => Promise<string | null>;
  readonly refresh: (token: string) => Promise<RefreshAnswer>;
  /** The token is another user's: this connection cannot continue with it. */
  readonly otherUser: () => void;
  readonly blocked: () => void;
}

/**
 * Gives one open connection a new token before its present one ends, so that the stream continues. If that fails until the end, the
 * server closes the stream, and the feed connects again with a new token.
 */
export class TokenRefresh {
  readonly #setup: TokenRefreshSetup;
  #token: string;
  #endsAt: number;
  #cancel: () => void = () => {};
  #stopped = false;

  private constructor(setup: TokenRefreshSetup, token: string, endsAt: number) {
    [this.#setup, this.#token, this.#endsAt] = [setup, token, endsAt];
  }

  /** @returns null if the token does not say when it ends. */
  static begin(setup: TokenRefreshSetup, token: string): TokenRefresh | null {
    const endsAt = expiryOf(token);
    if (endsAt === null) return null;
    const begun = new TokenRefresh(setup, token, endsAt);
    begun.#schedule();
    return begun;
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  // Even if the token has ended by this machine's clock: the server has accepted it, so the clock is fast.
  #schedule(): void {
    this.#arm(refreshWaitMs(this.#leftMs()));
  }

  #retry(): void {
    const wait = refreshRetryMs(this.#leftMs());
    if (wait !== null) this.#arm(wait);
  }

  #leftMs(): number {
    return this.#endsAt - this.#setup.clock.now();
  }

  #arm(ms: number): void {
    this.#cancel = this.#setup.clock.after(ms, () => void this.#refresh());
  }

  async #refresh(): Promise<void> {
    const answer = await this.#ask().catch((): RefreshAnswer => ({ kind: "later" }));
    if (this.#stopped) return;
    switch (answer.kind) {
      case "refreshed":
        // The server's own number: the clocks may differ.
        this.#endsAt = this.#setup.clock.now() + answer.lastsMs;
        this.#schedule();
        break;
      case "later":
        this.#retry();
        break;
      case "unknown":
        break;
      case "other-user":
        this.#setup.otherUser();
        break;
      case "blocked":
        this.#setup.blocked();
        break;
    }
  }

  async #ask(): Promise<RefreshAnswer> {
    const { clock, getToken, refresh } = this.#setup;
    const token = await within(clock, connectTimeoutMs, "Getting a token", getToken());
    if (this.#stopped || token === null || !this.#endsLater(token)) return { kind: "later" };
    const answer = await within(clock, refreshPatienceMs, "Refreshing the token", refresh(token));
    if (answer.kind === "refreshed") this.#token = token;
    return answer;
  }

  // A token that cannot be read may end later: the server decides.
  #endsLater(token: string): boolean {
    return token !== this.#token && (expiryOf(token) ?? Infinity) > (expiryOf(this.#token) ?? -Infinity);
  }
}
