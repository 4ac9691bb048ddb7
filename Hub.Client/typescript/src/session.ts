import { within, type Clock } from "./clock.js";
import { revoked } from "./close-reasons.js";
import { isClosing, isNotification, isPosition, type Closing, type Item, type Notification } from "./items.js";
import { asError } from "./errors.js";
import { caughtUpAfterMs, lateMs, proofMs, recentMs, silenceMs } from "./limits.js";
import type { Link, LinkEvents } from "./links/link.js";
import { Pace } from "./pace.js";
import type { Sequences } from "./sequences.js";

/** How a session ended, and why. */
export interface Ending {
  /** The session delivered at least one item. */
  readonly carried: boolean;
  readonly livedMs: number;
  readonly error: Error;
  /** The server's closing message, if it sent one. */
  readonly closing: Closing | null;
}

/** No error: the reader ended the connection, to open another one or none. */
export class EndedByReaderError extends Error {
  override readonly name = "EndedByReaderError";
}

/** The events of a session. */
export interface SessionEvents {
  /** The first item arrived: the transport works. */
  carries(): void;
  /** The next item, without holes or repeats. */
  item(item: Item): void;
  /** The name of the node that serves this connection. */
  node(name: string): void;
  /** The missed notifications have arrived; `count` is their number. Called again if more of them come late. */
  caughtUp(count: number): void;
}

type Timer = "carry" | "watchdog" | "quiet" | "check";

/** One link: it must deliver an item soon, is watched for silence and holes, and ends once. */
export class Session {
  readonly #clock: Clock;
  readonly #events: SessionEvents;
  readonly #sequences: Sequences;
  readonly #link: Link;
  readonly #began: number;
  readonly #timers = new Map<Timer, () => void>();
  readonly #pace = new Pace();
  #after: string | null;
  #carried = false;
  #caughtUp = 0;
  #isLive = false;
  /** Until then, an old notification is a missed one that comes late. */
  #lateUntil = 0;
  #paused = false;
  #heardAt: number;
  #timesHeard = 0;
  #holeAt: string | null | undefined;
  #end: ((error: Error, closing?: Closing) => void) | null = null;

  /** @param after where the stream begins; {@link Session.position} moves on from there. */
  constructor(clock: Clock, open: (events: LinkEvents) => Link, sequences: Sequences, after: string | null, events: SessionEvents) {
    [this.#clock, this.#events, this.#sequences, this.#after] = [clock, events, sequences, after];
    this.#began = this.#heardAt = clock.now();
    this.#link = open({ item: item => this.#take(item), heard: () => this.#hear(), ended: error => this.#end?.(error) });
  }

  /** The position after the last item that was passed on. */
  get position(): string | null {
    return this.#after;
  }

  /** Opens the link and waits until it ends, for any reason. */
  async run(connectTimeoutMs: number): Promise<Ending> {
    const ended = new Promise<Ending>(resolve => {
      this.#end = (error, closing) => {
        this.#end = null;
        for (const cancel of this.#timers.values()) cancel();
        this.#link.close();
        resolve({ carried: this.#carried, livedMs: this.#clock.now() - this.#began, error, closing: closing ?? null });
      };
    });
    const tooLate = `Nothing came within ${connectTimeoutMs} ms: something in between holds it back.`;
    this.#arm("carry", connectTimeoutMs, () => this.#end?.(new Error(tooLate)));
    this.#link
      .open()
      .then(() => (this.#end === null ? undefined : this.#link.subscribe(this.#after)))
      .catch((error: unknown) => this.#end?.(asError(error)));
    return ended;
  }

  end(): void {
    this.#end?.(new EndedByReaderError("closed"));
  }

  /** Ends as if the server had sent `closing` with `revoked`. */
  revoke(): void {
    this.#end?.(new Error(revoked), { reason: revoked, reconnectInMs: 0 });
  }

  /** {@link Link.refresh} of the link. */
  get refresh(): Link["refresh"] {
    return this.#link.refresh;
  }

  /** Stops the stream: the reader has no room. */
  pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#link.pause();
  }

  /** Continues where {@link pause} stopped. */
  resume(): void {
    if (!this.#paused || this.#end === null) return;
    this.#paused = false;
    this.#heardAt = this.#clock.now();
    this.#pace.restart();
    if (this.#carried && !this.#isLive) this.#awaitQuiet();
    this.#resubscribe();
  }

  /** Tests the link now: the page has woken, or the network has changed. */
  check(): void {
    if (!this.#carried || this.#paused) return;
    const answer = this.#link.check();
    if (answer !== null) {
      within(this.#clock, proofMs, "Proving that the link lives", answer).catch((error: unknown) => this.#end?.(asError(error)));
      return;
    }
    // A receive-only stream is opened again: its first item is the proof.
    const heard = this.#timesHeard;
    this.#resubscribe();
    this.#arm("check", proofMs, () => {
      if (this.#timesHeard === heard) this.#end?.(new Error("The link was silent when it was tested."));
    });
  }

  #hear(): void {
    this.#timesHeard++;
    this.#heardAt = this.#clock.now();
  }

  #take(item: Item): void {
    if (this.#end === null || this.#paused) return;
    if (!this.#carried) this.#begin();
    if (isClosing(item)) {
      this.#end(new Error(item.closing.reason), item.closing);
      return;
    }
    // A heartbeat repeats the position, and a subscription begins with the one that it was given.
    if (isPosition(item) && item.cursor !== this.#after) this.#sequences.forgetGroups();
    const verdict = this.#sequences.judge(item);
    if (verdict === "hole") this.#closeHole();
    else if (verdict === "next") this.#pass(item);
  }

  #begin(): void {
    this.#carried = true;
    this.#timers.get("carry")?.();
    this.#events.carries();
    void this.#link.node().then(name => {
      if (this.#end !== null && name !== undefined) this.#events.node(name);
    });
    if (this.#link.hasHeartbeat) this.#watch(silenceMs);
    this.#awaitQuiet();
  }

  #pass(item: Item): void {
    this.#after = item.cursor ?? this.#after;
    if (isNotification(item) && (!this.#isLive || this.#clock.now() < this.#lateUntil)) this.#countMissed(item);
    this.#events.item(item);
  }

  #countMissed(item: Notification): void {
    // A notification that was published after the link was opened is live, however many there are.
    if (this.#isNew(Date.parse(item.time))) {
      if (!this.#isLive) this.#live();
      this.#lateUntil = 0;
      return;
    }
    this.#caughtUp++;
    if (this.#isLive) this.#live();
    else this.#awaitQuiet();
  }

  #isNew(sent: number): boolean {
    const now = this.#clock.now();
    return this.#pace.arrived(now, sent) || (sent > this.#began && sent <= now + recentMs);
  }

  // The answer to a long poll can be lost although the connection survives. The log still has its items.
  #closeHole(): void {
    if (this.#holeAt === this.#after) {
      this.#end?.(new Error("Notifications are missing, and asking for them again did not bring them."));
      return;
    }
    this.#holeAt = this.#after;
    this.#resubscribe();
  }

  #resubscribe(): void {
    this.#link.subscribe(this.#after).catch((error: unknown) => this.#end?.(asError(error)));
  }

  // A stream that was stopped because the reader has no room is quiet too, but has more items.
  #awaitQuiet(): void {
    this.#arm("quiet", caughtUpAfterMs, () => (this.#paused ? this.#awaitQuiet() : this.#live()));
  }

  #live(): void {
    this.#timers.get("quiet")?.();
    this.#isLive = true;
    this.#lateUntil = this.#clock.now() + lateMs;
    this.#events.caughtUp(this.#caughtUp);
  }

  #watch(ms: number): void {
    this.#arm("watchdog", ms, () => {
      const now = this.#clock.now();
      // If the clock was set back, treat earlier activity as activity now.
      this.#heardAt = Math.min(this.#heardAt, now);
      const left = this.#heardAt + silenceMs - now;
      if (left > 0 || this.#paused) this.#watch(Math.max(left, 1_000));
      else this.#end?.(new Error(`Nothing was heard for ${silenceMs / 1000} s.`));
    });
  }

  #arm(name: Timer, ms: number, call: () => void): void {
    this.#timers.get(name)?.();
    this.#timers.set(name, this.#clock.after(ms, call));
  }
}
