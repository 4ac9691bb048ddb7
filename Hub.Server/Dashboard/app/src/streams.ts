// One stream of items over each transport, without any reconnecting: that is the feed's business.
import { HttpTransportType, HubConnectionBuilder, LogLevel } from '@microsoft/signalr';
import type { Item, Transport } from './wire';

export interface StreamOptions {
  transport: Transport;
  token: string;
  /** A cursor, or null for what is not acknowledged. */
  after: string | null;
  onItem: (item: Item) => void;
  /** Called once, unless the stream was closed from here. */
  onEnd: (error?: unknown) => void;
}

/** Closes the stream; nothing is called any more from then on. */
export type CloseStream = () => void;

export function openStream(options: StreamOptions): CloseStream {
  let open = true;
  const whileOpen = <A extends unknown[]>(call: (...args: A) => void) => (...args: A) => { if (open) call(...args); };
  const guarded = {
    ...options,
    onItem: whileOpen(options.onItem),
    onEnd: whileOpen((error?: unknown) => { open = false; options.onEnd(error); }),
  };
  const close = options.transport === 'EventSource' ? openEventSource(guarded) : openHub(guarded, hubTransports[options.transport]);
  return () => { open = false; close(); };
}

const hubTransports = {
  WebSockets: HttpTransportType.WebSockets,
  ServerSentEvents: HttpTransportType.ServerSentEvents,
  LongPolling: HttpTransportType.LongPolling,
};

function openHub({ token, after, onItem, onEnd }: StreamOptions, transport: HttpTransportType): CloseStream {
  const connection = new HubConnectionBuilder()
    .withUrl('/hubs/orders', { transport, accessTokenFactory: () => token })
    .configureLogging(LogLevel.None)
    .build();
  connection.onclose(onEnd);
  connection.start().then(
    () => connection.stream<Item>('Subscribe', after).subscribe({ next: onItem, complete: onEnd, error: onEnd }),
    onEnd);
  return () => void connection.stop().catch(() => undefined);
}

function openEventSource({ token, after, onItem, onEnd }: StreamOptions): CloseStream {
  const query = new URLSearchParams({ access_token: token, ...(after === null ? {} : { after }) });
  const source = new EventSource(`/api/notifications?${query}`);
  const read = (event: MessageEvent<string>) => onItem(JSON.parse(event.data) as Item);
  for (const name of ['message', 'gap', 'closing', 'heartbeat']) source.addEventListener(name, read);
  source.onerror = () => { source.close(); onEnd(); };
  return () => source.close();
}
