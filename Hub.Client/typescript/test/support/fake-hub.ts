import type { Gap, Item, Notification } from "../../src/items.js";
import {
  BadCursorError,
  NegotiationRefusedError,
  RevokedError,
  ServerRefusedError,
  type Link,
  type LinkEvents,
  type LinkSetup,
} from "../../src/links/link.js";
import type { Transport } from "../../src/index.js";
import type { RefreshAnswer } from "../../src/token-refresh.js";
import type { ManualClock } from "./manual-clock.js";

export type Behaviour = "carries" | "silent" | "fails" | "refused" | "revoked" | "away";

/** One user's hub without a network: a log of two topics, links that obey, and a record of the calls to each link. */
export class FakeHub {
  readonly topics = ["user:alice", "group:west"] as const;
  readonly log: Notification[] = [];
  readonly links: FakeLink[] = [];
  readonly attempts: { transport: Transport; token: string | null; at: number }[] = [];
  readonly behaviour: Partial<Record<Transport, Behaviour>> = {};
  acknowledged = 0;
  pages = 0;
  /** How often the unread count was requested. */
  counts = 0;
  /** Called between a count and its answer, once. */
  counting: (() => void) | null = null;
  /** A response that is held back. */
  held: Promise<void> | null = null;
  /** Notifications that are counted but not sent yet. */
  stored = 0;
  node = "abc123";
  /** The tokens that open links were refreshed with, and the answer to the next one. */
  readonly refreshes: { token: string; at: number }[] = [];
  refresh: () => RefreshAnswer | Promise<RefreshAnswer> = () => ({ kind: "unknown" });
  /** Ends the first position of a subscription: another one stands for another set of topics. */
  topicsMark = "";

  constructor(readonly clock: ManualClock) {}

  get open(): FakeLink[] {
    return this.links.filter(link => !link.isClosed && link.isOpen);
  }

  publish(orderId: string, topic: string = this.topics[0], id = `id-${orderId}-${topic}`, sent = this.clock.now() + 1): Notification {
    const sequence = this.log.filter(entry => entry.topic === topic).length + 1;
    const entry: Notification = {
      cursor: String(this.log.length + 1),
      topic,
      sequence,
      id,
      orderId,
      type: "order.created",
      time: new Date(sent).toISOString(),
    };
    this.log.push(entry);
    for (const link of this.links) link.offer();
    return entry;
  }

  /** Sends `closing` to all open links. */
  sendAway(reason: string, reconnectInMs: number): void {
    for (const link of this.open) link.say({ closing: { reason: reason as "draining", reconnectInMs } });
  }

  readonly openLink = (transport: Transport, setup: LinkSetup, events: LinkEvents): FakeLink => {
    this.attempts.push({ transport, token: setup.token, at: this.clock.now() });
    const link = new FakeLink(this, this.behaviour[transport] ?? "carries", events, transport);
    this.links.push(link);
    return link;
  };

  /** The plain API, in place of `fetch`. */
  readonly fetch = (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const url = new URL(input instanceof Request ? input.url : input);
    const json = (body: unknown) => Promise.resolve(Response.json(body));
    if (url.pathname.endsWith("/acknowledged")) {
      this.acknowledged = Math.max(this.acknowledged, Number((JSON.parse(init?.body as string) as { cursor: string }).cursor));
      return json({ unread: this.log.length - this.acknowledged });
    }
    if (url.pathname.endsWith("/unread")) return this.#unread();
    this.pages++;
    if (url.searchParams.get("after") === "broken") return Promise.resolve(Response.json({ detail: "Bad cursor." }, { status: 400 }));
    const from = this.start(url.searchParams.get("after"));
    const to = Math.min(this.log.length, from + Number(url.searchParams.get("limit")));
    return json({ items: this.log.slice(from, to), cursor: String(to), more: to < this.log.length });
  };

  async #unread(): Promise<Response> {
    this.counts++;
    const unread = this.log.length + this.stored - this.acknowledged;
    this.stored = 0;
    const meanwhile = this.counting;
    this.counting = null;
    meanwhile?.();
    await this.held;
    return Response.json({ unread });
  }

  start(after: string | null): number {
    if (after === "latest") return this.log.length;
    return after === null || after === "earliest" ? 0 : Number(after);
  }
}

export class FakeLink implements Link {
  readonly hasHeartbeat = true;
  isOpen = false;
  isClosed = false;
  subscriptions: (string | null)[] = [];
  pauses = 0;
  /** The items that the stream leaves out, once each. */
  lose: string[] = [];
  /** False: a check never settles. */
  answers = true;
  #at: number | null = null;

  constructor(
    readonly hub: FakeHub,
    readonly behaviour: Behaviour,
    readonly events: LinkEvents,
    readonly transport: Transport,
  ) {}

  open(): Promise<void> {
    if (this.behaviour === "away") return Promise.reject(new ServerRefusedError("nobody is there"));
    if (this.behaviour === "revoked") return Promise.reject(new RevokedError());
    if (this.behaviour === "refused") return Promise.reject(new NegotiationRefusedError("negotiating is forbidden"));
    if (this.behaviour === "fails") return Promise.reject(new Error("a proxy refuses this"));
    return Promise.resolve();
  }

  subscribe(after: string | null): Promise<void> {
    this.subscriptions.push(after);
    if (this.isClosed || this.behaviour === "silent" || !this.answers) return Promise.resolve();
    if (after === "broken") {
      this.events.ended(new BadCursorError("Bad cursor."));
      return Promise.resolve();
    }
    this.isOpen = true;
    this.#at = this.hub.start(after);
    this.say({ cursor: `${this.#at}${this.hub.topicsMark}` });
    this.offer();
    return Promise.resolve();
  }

  pause(): void {
    this.pauses++;
    this.#at = null;
  }

  check(): Promise<void> | null {
    if (this.transport === "eventSource") return null;
    return this.answers ? Promise.resolve() : new Promise(() => {});
  }

  get refresh(): Link["refresh"] {
    if (this.transport === "eventSource") return null;
    return async token => {
      this.hub.refreshes.push({ token, at: this.hub.clock.now() });
      return await this.hub.refresh();
    };
  }

  node(): Promise<string | undefined> {
    return Promise.resolve(this.transport === "eventSource" ? undefined : this.hub.node);
  }

  close(): void {
    this.isClosed = true;
    this.isOpen = false;
  }

  /** Sends the items of the log after its position. */
  offer(): void {
    while (this.#at !== null && !this.isClosed && this.#at < this.hub.log.length) {
      const entry = this.hub.log[this.#at++]!;
      const lost = this.lose.indexOf(entry.orderId);
      if (lost < 0) this.say(entry);
      else this.lose.splice(lost, 1);
    }
  }

  say(item: Item): void {
    if (this.isClosed) return;
    this.events.heard();
    this.events.item(item);
  }

  gap(gap: Gap): void {
    this.say({ cursor: String(this.#at), gap });
  }

  breakOff(reason = "cut"): void {
    if (!this.isClosed) this.events.ended(new Error(reason));
  }
}
