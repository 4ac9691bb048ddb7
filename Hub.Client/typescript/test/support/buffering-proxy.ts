import { createServer, request, type Server as HttpServer } from "node:http";
import { freePort } from "./server.js";

/** A typical corporate proxy: no WebSockets, and event streams are held back until they end. */
export class BufferingProxy {
  readonly #server: HttpServer;
  streams = 0;

  private constructor(
    readonly port: number,
    target: URL,
    headersToo: boolean,
  ) {
    this.#server = createServer((incoming, outgoing) => {
      const upstream = request(new URL(incoming.url!, target), { method: incoming.method!, headers: incoming.headers }, answer => {
        const isStream = answer.headers["content-type"]?.startsWith("text/event-stream") === true;
        if (isStream) this.streams++;
        if (!isStream || !headersToo) outgoing.writeHead(answer.statusCode!, answer.headers).flushHeaders();
        if (isStream) answer.resume();
        else answer.pipe(outgoing);
      });
      upstream.on("error", () => outgoing.destroy());
      outgoing.on("close", () => upstream.destroy());
      incoming.pipe(upstream);
    });
    this.#server.on("upgrade", (_, socket) => socket.end("HTTP/1.1 501 Not Implemented\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
  }

  get address(): string {
    return `http://127.0.0.1:${this.port}/`;
  }

  /** @param headersToo also holds back the headers of a stream. */
  static async start(target: string, headersToo: boolean): Promise<BufferingProxy> {
    const proxy = new BufferingProxy(await freePort(), new URL(target), headersToo);
    await new Promise<void>(resolve => proxy.#server.listen(proxy.port, "127.0.0.1", resolve));
    return proxy;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise(resolve => this.#server.close(resolve));
  }
}
