import { DefaultHttpClient, HttpClient, HttpError, type HttpRequest, type HttpResponse, NullLogger } from "@microsoft/signalr";
import { farewellMs, silenceMs } from "../limits.js";
import { explain, isRevoked } from "../problem.js";

type SignalRAbortSignal = NonNullable<HttpRequest["abortSignal"]>;

/**
 * SignalR's own HTTP client, plus two observations: whether the negotiation succeeded, and that responses arrive. And it sends the newest
 * token: SignalR keeps the one of the negotiation for all requests.
 */
export class WatchedHttpClient extends HttpClient {
  readonly #inner = new DefaultHttpClient(NullLogger.instance);
  readonly #heard: () => void;
  readonly #underWay = new Set<AbortController>();
  #aborted = false;

  /** A negotiation succeeded: the server is available and accepts this caller. */
  hasNegotiated = false;

  /** The token that the connection was refreshed with last; null: none. */
  token: string | null = null;

  /** The server's response to a refused negotiation; null: none. */
  refusal: { readonly status: number; readonly text: string; readonly isRevoked: boolean } | null = null;

  constructor(heard: () => void) {
    super();
    this.#heard = heard;
  }

  /**
   * Aborts the running requests: a request that waits for one of the browser's six connections would otherwise occupy it
   * later, for no use. Later requests fail, except the one that ends the connection.
   */
  abort(): void {
    this.#aborted = true;
    for (const request of this.#underWay) request.abort();
  }

  override async send(given: HttpRequest): Promise<HttpResponse> {
    const request = this.#withNewestToken(given);
    if (request.method === "DELETE") return await this.#inner.send({ ...request, timeout: farewellMs });
    if (this.#aborted) throw new Error("The link was closed.");
    const abort = new AbortController();
    this.#underWay.add(abort);
    if (request.abortSignal !== undefined) request.abortSignal.onabort = () => abort.abort();
    try {
      // A poll takes long by design; the watchdog covers it.
      const limit = request.method === "GET" ? {} : { timeout: silenceMs };
      return await this.#observe({ ...request, ...limit, abortSignal: abort.signal as SignalRAbortSignal & AbortSignal });
    } finally {
      this.#underWay.delete(abort);
      if (request.abortSignal !== undefined) request.abortSignal.onabort = null;
    }
  }

  #withNewestToken(request: HttpRequest): HttpRequest {
    return this.token === null ? request : { ...request, headers: { ...request.headers, Authorization: `Bearer ${this.token}` } };
  }

  async #observe(request: HttpRequest): Promise<HttpResponse> {
    try {
      const response = await this.#inner.send(request);
      if (request.url?.includes("/negotiate?") === true) this.hasNegotiated = true;
      this.#heard();
      return response;
    } catch (error) {
      if (!this.hasNegotiated && error instanceof HttpError) {
        const [status, body] = [error.statusCode, bodyOf(error)];
        this.refusal = { status, text: `The server answered ${explain(status, body)}`, isRevoked: isRevoked(status, body) };
      }
      throw error;
    }
  }

  override getCookieString(url: string): string {
    return this.#inner.getCookieString(url);
  }
}

/** SignalR appends the status to the body. */
const bodyOf = ({ message, statusCode }: HttpError): string => message.replace(`: Status code '${statusCode}'`, "");
