import { within, type Clock } from "./clock.js";
import { connectTimeoutMs } from "./limits.js";
import { retryDelayMs } from "./retry.js";
import type { FeedState } from "./state.js";
import { userOf } from "./user.js";

export interface IdentifySetup {
  readonly token: () => Promise<string | null>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal: AbortSignal;
  readonly onStateChanged: (change: Partial<FeedState>) => void;
}

/**
 * The user of the token. Retries until there is a token, because the saved cursor depends on the user. Null: aborted.
 * @throws {TypeError} The token does not name a user; the message says what to do.
 */
export async function identify({ token, clock, random, signal, onStateChanged }: IdentifySetup): Promise<string | null> {
  for (let attempt = 0; !signal.aborted; attempt++) {
    onStateChanged({ status: "connecting", attempt });
    let text: string | null;
    try {
      text = await within(clock, connectTimeoutMs, "Getting a token", token());
    } catch (error) {
      const ms = retryDelayMs(attempt, random);
      onStateChanged({
        status: "reconnecting",
        attempt: attempt + 1,
        reason: `No token could be had: ${String(error)}`,
        reconnectInMs: ms,
        reconnectAt: clock.now() + ms,
      });
      await wait(clock, ms, signal);
      continue;
    }
    const sub = text === null ? null : userOf(text);
    if (sub === null) throw new TypeError("The token does not say whose it is (no JWT with a sub): give options.user.");
    return sub;
  }
  return null;
}

function wait(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise(resolve => {
    const end = () => {
      cancel();
      signal.removeEventListener("abort", end);
      resolve();
    };
    const cancel = clock.after(ms, end);
    signal.addEventListener("abort", end);
  });
}
