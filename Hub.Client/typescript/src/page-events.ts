import { sleepLookMs, sleptMs } from "./limits.js";

/** The events of a page in its browser. */
export interface PageEvents {
  /**
   * The network may be back or has changed, or the page is shown again. Returns a function to stop listening, as the others
   * do.
   */
  onWake(call: () => void): () => void;
  /** The page is hidden, perhaps into the back/forward cache, and comes back from it. */
  onHide(call: () => void): () => void;
  onReturn(call: () => void): () => void;
}

function listen(target: EventTarget, name: string, call: (event: Event) => void): () => void {
  target.addEventListener(name, call);
  return () => target.removeEventListener(name, call);
}

const noPage: PageEvents = { onWake: () => () => {}, onHide: () => () => {}, onReturn: () => () => {} };

// A laptop that wakes with the page in view raises no event if the network is back before the page. Hidden pages are left
// out: their timers are always late, and they get an event when they are shown.
function onSleep(call: () => void): () => void {
  let last = Date.now();
  const timer = setInterval(() => {
    const late = Date.now() - last - sleepLookMs;
    last = Date.now();
    if (late > sleptMs && document.visibilityState === "visible") call();
  }, sleepLookMs);
  return () => clearInterval(timer);
}

const browser: PageEvents = {
  onWake(call) {
    const stops = [
      listen(window, "online", call),
      listen(window, "offline", call),
      listen(window, "pageshow", call),
      listen(document, "resume", call),
      onSleep(call),
      listen(document, "visibilitychange", () => {
        if (document.visibilityState === "visible") call();
      }),
    ];
    return () => stops.forEach(stop => stop());
  },
  onHide: call => listen(window, "pagehide", call),
  onReturn: call =>
    listen(window, "pageshow", event => {
      if ((event as PageTransitionEvent).persisted) call();
    }),
};

/** The browser's events; none occur where there is no page (Node, workers). */
export const pageEvents: PageEvents = typeof window === "undefined" || typeof document === "undefined" ? noPage : browser;
