import type { Clock } from "../../src/index.js";
import { settle } from "./manual-clock.js";
import type { Channel, Locks, TabWorld } from "../../src/tabs/world.js";

interface Wish {
  readonly tab: FakeTab;
  readonly hold: () => Promise<void> | undefined;
  readonly settle: { resolve(): void; reject(error: Error): void };
}

/** Web Locks and BroadcastChannel of one browser, for tabs that a test can freeze and kill. */
export class FakeBrowser {
  readonly tabs: FakeTab[] = [];
  holder: Wish | null = null;
  queue: Wish[] = [];

  tab(): FakeTab {
    const tab = new FakeTab(this);
    this.tabs.push(tab);
    return tab;
  }

  grant(): void {
    const wish = this.queue.shift();
    if (this.holder !== null || wish === undefined) {
      if (wish !== undefined) this.queue.unshift(wish);
      return;
    }
    this.hold(wish);
  }

  hold(wish: Wish): void {
    this.holder = wish;
    // A frozen tab gets the lock, but does not notice.
    wish.tab.task(() => {
      void Promise.resolve(wish.hold()).then(() => {
        if (this.holder !== wish) return;
        this.holder = null;
        wish.settle.resolve();
        this.grant();
      });
    });
  }
}

/** One tab. While it is frozen, its events wait. */
export class FakeTab implements TabWorld {
  readonly channels: (Channel & { name: string })[] = [];
  readonly #waiting: (() => void)[] = [];
  #frozen = false;
  #dead = false;

  constructor(readonly browser: FakeBrowser) {}

  get leads(): boolean {
    return this.browser.holder?.tab === this;
  }

  readonly locks: Locks = {
    request: (_name, { signal, steal }, hold) =>
      new Promise<void>((resolve, reject) => {
        const { browser } = this;
        const wish: Wish = { tab: this, hold, settle: { resolve, reject } };
        signal?.addEventListener("abort", () => {
          browser.queue = browser.queue.filter(other => other !== wish);
          if (browser.holder !== wish) reject(new Error("AbortError"));
        });
        if (steal === true) {
          const robbed = browser.holder;
          browser.hold(wish);
          robbed?.tab.task(() => robbed.settle.reject(new Error("AbortError: stolen")));
        } else {
          browser.queue.push(wish);
          browser.grant();
        }
      }),
  };

  openChannel(name: string): Channel {
    const channel: Channel & { name: string } = {
      name,
      onMessage: () => {},
      post: (message: unknown) => {
        const copy: unknown = structuredClone(message);
        for (const tab of this.browser.tabs) {
          for (const other of tab.channels) if (other !== channel && other.name === name) tab.task(() => other.onMessage(copy));
        }
      },
      close: () => void this.channels.splice(this.channels.indexOf(channel), 1),
    };
    this.channels.push(channel);
    return channel;
  }

  /** Runs now, or when the tab is thawed. */
  task(call: () => void): void {
    if (this.#dead) return;
    if (this.#frozen) this.#waiting.push(call);
    else queueMicrotask(() => (this.#frozen ? this.#waiting.push(call) : this.#dead || call()));
  }

  freeze(): void {
    this.#frozen = true;
  }

  /** The waiting events run one by one, each followed by its microtasks, like tasks of a browser. */
  async thaw(): Promise<void> {
    for (let call = this.#waiting.shift(); call !== undefined; call = this.#waiting.shift()) {
      if (!this.#dead) call();
      await settle();
    }
    this.#frozen = false;
  }

  /** Crashes: its locks are released, and nothing in it runs any more. */
  kill(): void {
    this.#dead = true;
    this.channels.length = 0;
    this.browser.queue = this.browser.queue.filter(wish => wish.tab !== this);
    if (this.leads) {
      this.browser.holder = null;
      this.browser.grant();
    }
  }

  /** A clock that stands still with the tab. */
  clock(clock: Clock): Clock {
    return { now: () => clock.now(), after: (ms, call) => clock.after(ms, () => this.task(call)) };
  }
}
