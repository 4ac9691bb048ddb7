import { DefaultHttpClient, HttpClient, HttpError, type HttpRequest, type HttpResponse, NullLogger } from "@microsoft/signalr";
import { farewellMs, silenceMs } from "../limits.js";
import { explain } from "../problem.js";

type SignalRAbortSignal = NonNullable<HttpRequest["abortSignal"]>;

/** SignalR's own client for requests, observed: whether it negotiated, and that answers come. */
export class WatchedHttpClient extends HttpClient {
  readonly #inner = new DefaultHttpClient(NullLogger.instance);
  readonly #heard: () => void;
  readonly #underWay = new Set<AbortController>();
  #aborted = false;

  /** A negotiation succeeded: the server is there and lets this caller in. */
  hasNegotiated = false;

  /** What the server answered to a negotiation that it refused; null: it did not answer. */
  refusal: { readonly status: number; readonly text: string } | null = null;

  constructor(heard: () => void) {
    super();
    this.#heard = heard;
  }

  /**
   * Ends what is under way: a request that waits for one of the browser's six connections would take it later, for nobody. What
   * follows fails, except the request that says goodbye.
   */
  abort(): void {
    this.#aborted = true;
    for (const request of this.#underWay) request.abort();
  }

  override async send(request: HttpRequest): Promise<HttpResponse> {
    if (request.method === "DELETE") return await this.#inner.send({ ...request, timeout: farewellMs });
    if (this.#aborted) throw new Error("The link was closed.");
    const abort = new AbortController();
    this.#underWay.add(abort);
    if (request.abortSignal !== undefined) request.abortSignal.onabort = () => abort.abort();
    try {
      // A poll is long by nature; the watchdog looks after it.
      const limit = request.method === "GET" ? {} : { timeout: silenceMs };
      return await this.#observe({ ...request, ...limit, abortSignal: abort.signal as SignalRAbortSignal & AbortSignal });
    } finally {
      this.#underWay.delete(abort);
      if (request.abortSignal !== undefined) request.abortSignal.onabort = null;
    }
  }

  async #observe(request: HttpRequest): Promise<HttpResponse> {
    try {
      const response = await this.#inner.send(request);
      if (request.url?.includes("/negotiate?") === true) this.hasNegotiated = true;
      this.#heard();
      return response;
    } catch (error) {
      if (!this.hasNegotiated && error instanceof HttpError)
        this.refusal = { status: error.statusCode, text: `The server answered ${explain(error.statusCode, bodyOf(error))}` };
      throw error;
    }
  }

  override getCookieString(url: string): string {
    return this.#inner.getCookieString(url);
  }
}

/** SignalR puts the status after the body. */
const bodyOf = ({ message, statusCode }: HttpError): string => message.replace(`: Status code '${statusCode}'`, "");
