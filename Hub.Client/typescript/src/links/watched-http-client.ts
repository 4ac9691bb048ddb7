import { DefaultHttpClient, HttpClient, HttpError, type HttpRequest, type HttpResponse, NullLogger } from "@microsoft/signalr";
import { requestLimitMs } from "../limits.js";

/** SignalR's own client for requests, observed: whether it negotiated, and that answers come. */
export class WatchedHttpClient extends HttpClient {
  readonly #inner = new DefaultHttpClient(NullLogger.instance);
  readonly #heard: () => void;
  readonly #aborted: Promise<never>;
  #abort: (error: Error) => void = () => {};

  /** A negotiation succeeded: the server is there and lets this caller in. */
  hasNegotiated = false;

  /** What the server answered to a negotiation that it refused. */
  refusal: string | null = null;

  constructor(heard: () => void) {
    super();
    this.#heard = heard;
    this.#aborted = new Promise((_, reject) => (this.#abort = reject));
    this.#aborted.catch(() => {});
  }

  /** Fails what is under way and what would follow, but not the request that says goodbye. */
  abort(): void {
    this.#abort(new Error("The link was closed."));
  }

  override async send(request: HttpRequest): Promise<HttpResponse> {
    const isPoll = request.method === "GET";
    if (!isPoll) request.timeout = requestLimitMs;
    const sent = this.#inner.send(request);
    if (request.method === "DELETE") return await sent;
    try {
      const response = await Promise.race([sent, this.#aborted]);
      if (request.url?.includes("/negotiate?") === true) this.hasNegotiated = true;
      this.#heard();
      return response;
    } catch (error) {
      sent.catch(() => {});
      if (!this.hasNegotiated && error instanceof HttpError) this.refusal = `The server answered ${error.statusCode}: ${briefly(error.message)}`;
      throw error;
    }
  }

  override getCookieString(url: string): string {
    return this.#inner.getCookieString(url);
  }
}

const briefly = (text: string): string => (text.length > 200 ? `${text.slice(0, 200)}…` : text);
