import {
  HttpTransportType,
  HubConnectionBuilder,
  HubConnectionState,
  LogLevel,
  type HubConnection,
  type ISubscription,
} from "@microsoft/signalr";
import type { Item } from "../items.js";
import { unauthorized } from "../problem.js";
import type { Transport } from "../state.js";
import type { RefreshAnswer } from "../token-refresh.js";
import { invokeRefresh } from "./invoke-refresh.js";
import {
  BadCursorError,
  NegotiationRefusedError,
  RevokedError,
  ServerRefusedError,
  type Link,
  type LinkEvents,
  type LinkSetup,
} from "./link.js";
import { trackedSockets } from "./tracked-sockets.js";
import { WatchedHttpClient } from "./watched-http-client.js";

const types: Record<Exclude<Transport, "eventSource">, HttpTransportType> = {
  webSockets: HttpTransportType.WebSockets,
  serverSentEvents: HttpTransportType.ServerSentEvents,
  longPolling: HttpTransportType.LongPolling,
};

/** A SignalR connection with exactly one transport: the opener of the links decides which one comes next. */
export class HubLink implements Link {
  readonly hasHeartbeat: boolean;
  readonly #connection: HubConnection;
  readonly #http: WatchedHttpClient;
  readonly #sockets = trackedSockets();
  readonly #events: LinkEvents;
  #stream: ISubscription<Item> | null = null;
  #closed = false;

  constructor(transport: Exclude<Transport, "eventSource">, setup: LinkSetup, events: LinkEvents) {
    this.#events = events;
    this.#http = new WatchedHttpClient(() => events.heard());
    // SignalR itself watches WebSockets and event streams (by its pings, 30 s). For a long poll, only the responses show that
    // it works.
    this.hasHeartbeat = transport === "longPolling";
    const { token } = setup;
    this.#connection = new HubConnectionBuilder()
      .configureLogging(LogLevel.None)
      .withUrl(new URL("hubs/orders", setup.server).href, {
        transport: types[transport],
        httpClient: this.#http,
        withCredentials: setup.withCredentials,
        ...(token === null ? {} : { accessTokenFactory: () => token }),
        ...this.#sockets.constructors,
      })
      .build();
    this.#connection.onclose(error => this.#end(error ?? new Error("The server closed the connection.")));
  }

  async open(): Promise<void> {
    try {
      await this.#connection.start();
    } catch (error) {
      throw this.#http.hasNegotiated ? error : this.#whyNotNegotiated(error);
    }
  }

  #whyNotNegotiated(cause: unknown): Error {
    const { refusal } = this.#http;
    if (refusal === null) return new ServerRefusedError(String(cause), { cause });
    if (refusal.isRevoked) return new RevokedError();
    // A refused token is refused everywhere. Any other failure may concern only negotiation: a proxy, an origin, a limit.
    const kind = refusal.status === unauthorized ? ServerRefusedError : NegotiationRefusedError;
    return new kind(refusal.text, { cause });
  }

  subscribe(after: string | null): Promise<void> {
    this.pause();
    const stream: ISubscription<Item> = this.#connection.stream<Item>("Subscribe", after).subscribe({
      next: item => {
        if (this.#stream === null || this.#closed) return;
        this.#events.heard();
        this.#events.item(item);
      },
      complete: () => this.#endStream(stream, new Error("The server ended the stream.")),
      error: (error: Error) => this.#endStream(stream, /Bad cursor/.test(error.message) ? new BadCursorError(error.message) : error),
    });
    this.#stream = stream;
    return Promise.resolve();
  }

  pause(): void {
    const stream = this.#stream;
    this.#stream = null;
    stream?.dispose();
  }

  async check(): Promise<void> {
    await this.#connection.invoke("Unread");
  }

  readonly refresh = async (token: string): Promise<RefreshAnswer> => {
    const answer = await invokeRefresh(this.#connection, token);
    if (answer.kind === "refreshed") this.#http.token = token;
    return answer;
  };

  async node(): Promise<string | undefined> {
    // The name is only displayed: an unknown method or a connection that breaks now is no error.
    const node: unknown = await this.#connection.invoke("Node").catch(() => undefined);
    return typeof node === "string" ? node : undefined;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#http.abort();
    // `stop` waits for a start that may never end, so we close its sockets ourselves; a browser has six connections to a
    // host.
    void this.#connection
      .stop()
      .catch(() => {})
      .finally(() => this.#sockets.close());
    if (this.#connection.state !== HubConnectionState.Connected) this.#sockets.close();
  }

  #endStream(stream: ISubscription<Item>, error: Error): void {
    if (this.#stream === stream) this.#end(error);
  }

  #end(error: Error): void {
    if (!this.#closed) this.#events.ended(error);
  }
}
