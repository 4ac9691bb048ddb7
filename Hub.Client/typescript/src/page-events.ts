/** What a page is told by its browser. */
export interface PageEvents {
  /** The network may be back or another one, the page is shown again, or it left the back/forward cache. Returns a way to stop listening. */
  onWake(call: () => void): () => void;
  /** The page goes, perhaps into the back/forward cache, and comes back from it. */
  onHide(call: () => void): () => void;
  onReturn(call: () => void): () => void;
}

function listen(target: EventTarget, name: string, call: (event: Event) => void): () => void {
  target.addEventListener(name, call);
  return () => target.removeEventListener(name, call);
}

const nobody: PageEvents = { onWake: () => () => {}, onHide: () => () => {}, onReturn: () => () => {} };

const browser: PageEvents = {
  onWake(call) {
    const stops = [
      listen(window, "online", call),
      listen(window, "offline", call),
      listen(window, "pageshow", call),
      listen(document, "resume", call),
      listen(document, "visibilitychange", () => {
        if (document.visibilityState === "visible") call();
      }),
    ];
    return () => stops.forEach(stop => stop());
  },
  onHide: call => listen(window, "pagehide", call),
  onReturn: call => listen(window, "pageshow", event => {
    if ((event as PageTransitionEvent).persisted) call();
  }),
};

/** The browser's events; nothing ever happens where there is no page (Node, workers). */
export const pageEvents: PageEvents = typeof window === "undefined" || typeof document === "undefined" ? nobody : browser;
