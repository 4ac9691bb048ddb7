// Measures the cost of a transport, at the browser APIs through which it uses the network.
import { DefaultHttpClient, NullLogger, type HttpRequest, type HttpResponse } from "@microsoft/signalr";

/** The event names of the plain stream; a notification has the default one. */
export const streamEvents = ["message", "gap", "closing", "heartbeat"] as const;

/** Counts requests, and bytes of bodies and frames received; a page cannot see the cost of headers. */
export class Meter {
  requests = 0;
  bytes = 0;

  /** The browser's own classes, with counters. SignalR accepts them as options, although its types do not say so. */
  readonly sockets: { WebSocket: typeof WebSocket; EventSource: typeof EventSource };
  readonly http: DefaultHttpClient;

  constructor() {
    const count = (requests: number, bytes: number) => {
      this.requests += requests;
      this.bytes += bytes;
    };
    const CountedWebSocket = class extends WebSocket {
      constructor(url: string | URL, protocols?: string | string[]) {
        super(url, protocols);
        count(1, 0);
        this.addEventListener("message", event => count(0, frameBytes(sizeOf(event.data))));
      }
    };
    const CountedEventSource = class extends EventSource {
      constructor(url: string | URL, init?: EventSourceInit) {
        super(url, init);
        count(1, 0);
        for (const name of streamEvents) this.addEventListener(name, event => count(0, eventBytes(event)));
      }
    };
    this.sockets = { WebSocket: CountedWebSocket, EventSource: CountedEventSource };
    this.http = new (class extends DefaultHttpClient {
      override async send(request: HttpRequest): Promise<HttpResponse> {
        count(1, 0);
        const answer = await super.send(request);
        count(0, sizeOf(answer.content));
        return answer;
      }
    })(NullLogger.instance);
  }
}

const idFraming = "id: \n".length;
const dataFraming = "data: \n\n".length;
const encoder = new TextEncoder();

function sizeOf(content: unknown): number {
  if (typeof content === "string") return encoder.encode(content).length;
  return content instanceof ArrayBuffer ? content.byteLength : 0;
}

function eventBytes({ data, lastEventId }: MessageEvent): number {
  return sizeOf(data) + dataFraming + (lastEventId ? sizeOf(lastEventId) + idFraming : 0);
}

/** RFC 6455, section 5.2: the header of a frame from the server. */
function frameBytes(payload: number): number {
  return payload + (payload < 126 ? 2 : payload < 65_536 ? 4 : 10);
}
