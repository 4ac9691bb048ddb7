/** The sockets that a link has opened, so that they can be closed even while they connect. */
export interface TrackedSockets {
  /** For SignalR's connection options. Empty outside browsers, where SignalR uses its own. */
  readonly constructors: { WebSocket?: typeof WebSocket; EventSource?: typeof EventSource };
  close(): void;
}

export function trackedSockets(): TrackedSockets {
  const open = new Set<{ close(): void }>();
  const close = () => {
    for (const socket of open) socket.close();
    open.clear();
  };
  if (typeof document === "undefined") return { constructors: {}, close };
  return {
    constructors: {
      ...(typeof WebSocket === "undefined"
        ? {}
        : {
            WebSocket: class extends WebSocket {
              constructor(url: string | URL, protocols?: string | string[]) {
                super(url, protocols);
                open.add(this);
              }
            },
          }),
      ...(typeof EventSource === "undefined"
        ? {}
        : {
            EventSource: class extends EventSource {
              constructor(url: string | URL, init?: EventSourceInit) {
                super(url, init);
                open.add(this);
              }
            },
          }),
    },
    close,
  };
}
