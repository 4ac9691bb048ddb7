// One stream over each transport, with stock clients and no extra logic, so that only the transport is measured.
import { HttpTransportType, HubConnectionBuilder, LogLevel } from "@microsoft/signalr";
import type { Transport } from "@realtime/order-feed";
import type { Item } from "../../../../../Hub.Client/typescript/src/items";
import { streamEvents, type Meter } from "./meter";

export interface StreamOptions {
  transport: Transport;
  /** Null: the session's cookie identifies the user. */
  token: string | null;
  after: string;
  meter: Meter;
  onItem: (item: Item) => void;
  /** Called once, unless the stream was closed from here. */
  onEnd: () => void;
}

/** Closes the stream; no callback is called after that. */
export type CloseStream = () => void;

export function openStream(options: StreamOptions): CloseStream {
  let open = true;
  const guarded: StreamOptions = {
    ...options,
    onItem: item => {
      if (open) options.onItem(item);
    },
    onEnd: () => {
      if (open) {
        open = false;
        options.onEnd();
      }
    },
  };
  const close = options.transport === "eventSource" ? openEventSource(guarded) : openHub(guarded, hubTransports[options.transport]);
  return () => {
    open = false;
    close();
  };
}

const hubTransports = {
  webSockets: HttpTransportType.WebSockets,
  serverSentEvents: HttpTransportType.ServerSentEvents,
  longPolling: HttpTransportType.LongPolling,
};

function openHub({ token, after, meter, onItem, onEnd }: StreamOptions, transport: HttpTransportType): CloseStream {
  const connection = new HubConnectionBuilder()
    .withUrl("hubs/orders", {
      transport,
      httpClient: meter.http,
      ...meter.sockets,
      ...(token === null ? {} : { accessTokenFactory: () => token }),
    })
    .configureLogging(LogLevel.None)
    .build();
  connection.onclose(onEnd);
  connection
    .start()
    .then(() => connection.stream<Item>("Subscribe", after).subscribe({ next: onItem, complete: onEnd, error: onEnd }), onEnd);
  return () => void connection.stop().catch(() => undefined);
}

function openEventSource({ token, after, meter, onItem, onEnd }: StreamOptions): CloseStream {
  const query = new URLSearchParams({ after, ...(token === null ? {} : { access_token: token }) });
  const source = new meter.sockets.EventSource(`api/notifications?${query}`);
  for (const name of streamEvents) source.addEventListener(name, event => onItem(JSON.parse((event as MessageEvent<string>).data) as Item));
  source.onerror = () => {
    source.close();
    onEnd();
  };
  return () => source.close();
}
