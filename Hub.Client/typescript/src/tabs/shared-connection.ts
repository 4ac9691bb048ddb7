import { isFinal } from "../close-reasons.js";
import { Connection, type ConnectionSetup } from "../connection.js";
import type { Item } from "../items.js";
import type { Sink, Source } from "../source.js";
import { idle, type FeedState } from "../state.js";
import { Leadership } from "./leadership.js";
import { protocol, type Message, type SharedState } from "./messages.js";
import { TabReader, type TabReaderSetup } from "./tab-reader.js";
import type { Channel, TabWorld } from "./world.js";

export interface SharedSetup extends ConnectionSetup, TabReaderSetup {
  readonly tabs: TabWorld;
  /** One connection per name: the server and the user. */
  readonly name: string;
}

export interface SharedSink extends Sink {
  /** Another tab has received the unread count. */
  unread(unread: number): void;
}

/**
 * One connection for all tabs. The leading tab has a {@link Connection} and passes its items on. Every tab, including the
 * leader, processes them with its own {@link TabReader}, so that a slow tab delays no other.
 */
export class SharedConnection implements Source {
  readonly #setup: SharedSetup;
  readonly #sink: SharedSink;
  readonly #id: string;
  readonly #reader: TabReader;
  readonly #leadership: Leadership;
  #channel: Channel | null = null;
  #connection: Connection | null = null;
  #leader: string | null = null;
  #shared: SharedState = idle;
  /** How many items this tab has read from the log since the connection was made; null: the leader's count applies. */
  #caughtUp: number | null = null;
  #end: (reason: string) => void = () => {};
  #fail: (error: unknown) => void = () => {};

  constructor(setup: SharedSetup, after: string | null, sink: SharedSink) {
    [this.#setup, this.#sink] = [setup, sink];
    this.#id = Math.floor(setup.random() * 2 ** 52).toString(36);
    this.#reader = new TabReader(setup, after, {
      item: item => sink.item(item),
      replaying: () => sink.state({ status: "catching-up", caughtUp: 0 }),
      lost: () => sink.lost(),
      replayed: caughtUp => {
        this.#caughtUp = caughtUp;
        this.#showShared();
      },
    });
    this.#leadership = new Leadership(setup.tabs.locks, `${setup.name}:${protocol}`, setup.clock, setup.random, {
      won: () => this.#lead(),
      lost: () => this.#follow(),
      beat: () => this.#beat(),
      ask: () => this.#post({ kind: "ask" }),
      failed: () => this.#lead(),
    });
  }

  async run(): Promise<string> {
    const { page } = this.#setup;
    // Browsers do not put a page that holds a lock or a channel into the back/forward cache.
    const stops = [page.onHide(() => this.#leave()), page.onReturn(() => this.#join()), page.onWake(() => this.#wake())];
    const ended = new Promise<string>((resolve, reject) => ([this.#end, this.#fail] = [resolve, reject]));
    this.#join();
    try {
      return await ended;
    } finally {
      for (const stop of stops) stop();
      this.#leave();
    }
  }

  stop(): void {
    this.#end("closed");
    this.#leave();
  }

  pause(): void {
    this.#reader.pause();
  }

  resume(): void {
    this.#reader.resume();
  }

  reconnectNow(): void {
    if (this.#connection !== null) this.#connection.reconnectNow();
    else this.#post({ kind: "reconnect" });
  }

  tellUnread(unread: number): void {
    this.#post({ kind: "unread", unread });
  }

  get #sharing(): FeedState["sharing"] {
    if (this.#connection === null) return "following";
    return this.#leadership.isLeading ? "leading" : "unavailable";
  }

  // A leader's own connection gets this event itself.
  #wake(): void {
    if (this.#connection === null) this.#post({ kind: "wake" });
  }

  #join(): void {
    if (this.#channel !== null) return;
    this.#channel = this.#setup.tabs.openChannel(`${this.#setup.name}:${protocol}`);
    this.#channel.onMessage = message => this.#hear(message as Message);
    this.#leader = null;
    this.#sink.state({ status: "connecting", sharing: "following" });
    this.#leadership.join();
    this.#post({ kind: "ask" });
  }

  #leave(): void {
    this.#disconnect();
    this.#reader.stop();
    this.#leadership.leave();
    this.#channel?.close();
    this.#channel = null;
  }

  #lead(): void {
    // The connection continues from this tab's position; other tabs drop what they already have.
    this.#reader.stop();
    this.#leader = this.#id;
    const connection = (this.#connection = new Connection(this.#setup, this.#reader.position, {
      item: item => this.#spread(item),
      state: change => {
        this.#shared = { ...this.#shared, ...change };
        // The connection may be live before this tab has taken all its items.
        const status = change.status === "live" && this.#reader.isBehind ? { status: "catching-up" as const } : {};
        this.#sink.state({ ...change, ...status, sharing: this.#sharing });
        this.#beat();
      },
      lost: () => {
        this.#reader.forget();
        this.#sink.lost();
      },
    }));
    connection.run().then(reason => {
      if (this.#connection !== connection) return;
      this.#shared = { ...this.#shared, status: "closed", transport: null, node: undefined, reason };
      this.#beat();
      this.#end(reason);
    }, this.#fail);
  }

  #follow(): void {
    this.#disconnect();
    this.#leader = null;
    this.#sink.state({ sharing: "following" });
  }

  #disconnect(): void {
    const connection = this.#connection;
    this.#connection = null;
    connection?.stop();
  }

  #spread(item: Item): void {
    this.#post({ kind: "item", leader: this.#id, item });
    this.#reader.take(item, true);
  }

  #post(message: Message): void {
    this.#channel?.post(message);
  }

  #beat(): void {
    if (this.#connection !== null) this.#post({ kind: "beat", leader: this.#id, state: this.#shared });
  }

  #hear(message: Message): void {
    switch (message.kind) {
      case "ask":
        return this.#beat();
      case "wake":
        return this.#connection?.wake();
      case "reconnect":
        return this.#connection?.reconnectNow();
      case "unread":
        return this.#sink.unread(message.unread);
      case "beat":
        return this.#hearBeat(message.leader, message.state);
      case "item":
        return this.#hearItem(message.leader, message.item);
    }
  }

  #hearBeat(leader: string, state: SharedState): void {
    // A leader that lost the lock while it was frozen still believes for a moment that it leads.
    if (this.#connection !== null) return;
    this.#leadership.heard();
    this.#shared = state;
    if (state.status === "closed" && state.reason !== null && isFinal(state.reason)) return this.#end(state.reason);
    const isNew = this.#leader !== leader;
    this.#leader = leader;
    if (state.status !== "live") this.#caughtUp = null;
    this.#showShared();
    // Read from the log what the last leader did not pass on, and what this tab missed because it came late.
    if (isNew) this.#reader.replay();
  }

  /** The leader's state, adapted to this tab. */
  #showShared(): void {
    const { status, caughtUp } = this.#shared;
    this.#sink.state({
      ...this.#shared,
      status: status === "live" && this.#reader.isBehind ? "catching-up" : status,
      caughtUp: this.#connection === null ? (this.#caughtUp ?? caughtUp) : caughtUp,
      sharing: this.#sharing,
    });
  }

  #hearItem(leader: string, item: Item): void {
    if (this.#connection !== null) return;
    this.#leadership.heard();
    // Wait for the leader's first heartbeat: until then, it is unknown what this tab has missed.
    if (this.#leader === leader) this.#reader.take(item, this.#shared.status === "live");
  }
}
