// Renews the session before it ends, so that its connections stay open. Without this, they end with it, and the feed connects again.
import { systemClock } from "../../../../Hub.Client/typescript/src/clock";
import { refreshLeadMs } from "../../../../Hub.Client/typescript/src/limits";
import { refreshRetryMs, refreshWaitMs } from "../../../../Hub.Client/typescript/src/refresh-schedule";
import { remembered, renew, type Session } from "./session";

/**
 * Keeps a session fresh as the client library keeps a token: on the same schedule. A session of a visitor's own token is left alone: only
 * the visitor can have another token. Returns a function that ends this.
 */
export function keepFresh(session: Session): () => void {
  if (!session.renewable) return () => {};
  let stopped = false;
  let cancel = () => {};
  let endsAt = session.expiresAt;
  const leftMs = () => endsAt - systemClock.now();
  const arm = (ms: number) => {
    if (!stopped) cancel = systemClock.after(ms, () => void refresh());
  };
  const refresh = async () => {
    // Tabs share the session and would renew it together: the first one does it.
    await alone(async () => {
      const current = remembered();
      if (stopped || current?.user !== session.user) return;
      endsAt = current.expiresAt > endsAt ? current.expiresAt : (await renew(session)).expiresAt;
    }).then(
      () => {
        if (remembered()?.user === session.user) arm(refreshWaitMs(leftMs()));
      },
      // After the end, the feed's next connection renews the session; this looks for it from time to time.
      () => arm(refreshRetryMs(leftMs()) ?? refreshLeadMs),
    );
  };
  arm(refreshWaitMs(leftMs()));
  return () => {
    stopped = true;
    cancel();
  };
}

/** Runs a step while no other tab does. Browsers have locks only for pages of a secure origin. */
function alone(step: () => Promise<void>): Promise<void> {
  const locks = (navigator as Partial<Navigator>).locks;
  return locks === undefined ? step() : locks.request("realtime.session", step);
}
