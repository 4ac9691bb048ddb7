// Five ways of receiving with the stock clients, with one interface: next(), close().
import * as signalR from "@microsoft/signalr";
import { EventSource } from "eventsource";
import { baseUrl, patienceMs } from "./server.mjs";

/** Items in the order in which they came; a wait for one has a limit. */
class Inbox {
  #items = [];
  #waiting;

  put(entry) {
    this.#items.push(entry);
    this.#waiting?.();
  }

  async take() {
    let timer;
    const limit = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`nothing came for ${patienceMs / 1000} s`)), patienceMs);
    });
    try {
      while (this.#items.length === 0) await Promise.race([limit, new Promise(resolve => { this.#waiting = resolve; })]);
    } finally {
      clearTimeout(timer);
    }
    const entry = this.#items.shift();
    if (entry.error) throw entry.error;
    return entry.item;
  }
}

/** A hub connection with a stock transport. */
export class HubReader {
  #inbox = new Inbox();

  static async connect(options, token, after = null) {
    const reader = new HubReader();
    reader.connection = new signalR.HubConnectionBuilder()
      .withUrl(`${baseUrl()}/hubs/orders`, { ...options, accessTokenFactory: () => token })
      .configureLogging(signalR.LogLevel.None)
      .build();
    await reader.connection.start();
    reader.subscribe(after);
    return reader;
  }

  /** A further subscription has an inbox of its own. */
  subscribe(after, inbox = this.#inbox) {
    this.connection.stream("Subscribe", after).subscribe({
      next: item => inbox.put({ item }),
      complete: () => inbox.put({ item: null }),
      error: error => inbox.put({ error }),
    });
    return { next: () => inbox.take() };
  }

  subscribeAgain(after) {
    return this.subscribe(after, new Inbox());
  }

  /** The next item; null: the stream has ended. */
  next() {
    return this.#inbox.take();
  }

  invoke(method, ...args) {
    return this.connection.invoke(method, ...args);
  }

  close() {
    return this.connection.stop();
  }
}

/** An EventSource. Browsers send cookies or put the token into the query; so does this one. */
export class EventSourceReader {
  #inbox = new Inbox();
  #cut;

  /** How often it has connected. */
  connects = 0;

  static async connect(_, token, after) {
    const reader = new EventSourceReader();
    const query = new URLSearchParams({ access_token: token, ...(after != null && { after }) });
    reader.source = new EventSource(`${baseUrl()}/api/notifications?${query}`, { fetch: (url, init) => reader.#fetch(url, init) });
    for (const name of ["message", "heartbeat", "gap", "closing"])
      reader.source.addEventListener(name, event => reader.#put(name, event));
    // "closed" of the others: a browser would reconnect, and there is no more to read here.
    reader.source.addEventListener("error", event => {
      if (event.code !== undefined && event.code !== 200) reader.#inbox.put({ error: new Error(`answered ${event.code}`) });
    });
    return reader;
  }

  next() {
    return this.#inbox.take();
  }

  /** Breaks the connection as a network does: to abort the request would look like leaving. */
  cut() {
    this.#cut();
  }

  close() {
    this.source.close();
  }

  #put(name, event) {
    const item = JSON.parse(event.data);
    this.lastEvent = { name, id: event.lastEventId };
    this.#inbox.put({ item });
    if (name !== "closing") return;
    this.source.close();
    this.#inbox.put({ item: null });
  }

  async #fetch(url, init) {
    this.connects++;
    const { body, status, headers, redirected, url: answeredBy } = await fetch(url, init);
    const chunks = body.getReader();
    const stream = new ReadableStream({
      start: controller => { this.#cut = () => { controller.error(new TypeError("The network broke.")); chunks.cancel(); }; },
      async pull(controller) {
        const { done, value } = await chunks.read();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: reason => chunks.cancel(reason),
    });
    return { body: stream, status, headers, redirected, url: answeredBy };
  }
}

const { WebSockets, ServerSentEvents, LongPolling } = signalR.HttpTransportType;

/** Every way of receiving: its name, its reader, what it needs. */
export const ways = [
  { name: "WebSockets", Reader: HubReader, options: { transport: WebSockets } },
  { name: "WebSockets without negotiation", Reader: HubReader, options: { transport: WebSockets, skipNegotiation: true } },
  { name: "ServerSentEvents", Reader: HubReader, options: { transport: ServerSentEvents } },
  { name: "LongPolling", Reader: HubReader, options: { transport: LongPolling } },
  { name: "EventSource", Reader: EventSourceReader, options: {} },
];
