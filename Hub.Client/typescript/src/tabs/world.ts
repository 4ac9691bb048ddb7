/** The browser APIs that tabs of one origin share. */
export interface TabWorld {
  readonly locks: Locks;
  openChannel(name: string): Channel;
}

/** The part of `navigator.locks` that an election needs. */
export interface Locks {
  request(name: string, options: { signal?: AbortSignal; steal?: boolean }, hold: () => Promise<void> | undefined): Promise<unknown>;
}

/** Reaches all the other tabs, in order. */
export interface Channel {
  post(message: unknown): void;
  onMessage: (message: unknown) => void;
  close(): void;
}

function openBroadcastChannel(name: string): Channel {
  const broadcast = new BroadcastChannel(name);
  const channel: Channel = {
    post: message => broadcast.postMessage(message),
    onMessage: () => {},
    close: () => broadcast.close(),
  };
  broadcast.onmessage = event => channel.onMessage(event.data);
  return channel;
}

/** Null outside browsers, and in a browser without Web Locks (plain http on an intranet host). */
export function browserTabs(): TabWorld | null {
  if (typeof document === "undefined" || typeof BroadcastChannel === "undefined") return null;
  const locks = (navigator as Partial<Navigator>).locks;
  if (locks === undefined) return null;
  return { locks: { request: (name, options, hold) => locks.request(name, options, hold) }, openChannel: openBroadcastChannel };
}
