// The lab's own orders, published like any others, so that there is something to measure.
import { now } from "./lane";

const everyMs = 100;

/** Publishes this many orders a second to one user, until it is stopped. */
export function publish(user: string, perSecond: number, token: string, onFault: (fault: string) => void): () => void {
  let [owed, number, busy] = [0, 0, false];
  const send = async () => {
    owed += (perSecond * everyMs) / 1000;
    // One batch at a time: a browser has six connections to a host, and the lanes need theirs.
    if (busy || owed < 1) return;
    busy = true;
    const count = Math.min(Math.floor(owed), perSecond);
    owed = Math.min(owed - count, perSecond);
    const line = () =>
      JSON.stringify({
        to: { users: [user] },
        type: "order.created",
        orderId: `lab-${++number}`,
        data: {
          sentAt: now(),
          city: "Portland",
          state: "Oregon",
          total: 129.95,
          lines: [{ product: "Message Book, Wirebound", quantity: 2 }],
        },
      });
    try {
      const answer = await fetch("api/notifications/batch", {
        method: "POST",
        headers: { "Content-Type": "application/x-ndjson", Authorization: `Bearer ${token}` },
        body: Array.from({ length: count }, line).join("\n"),
      });
      await answer.text();
      onFault(answer.ok ? "" : `Publishing is refused (${answer.status}).`);
    } catch {
      onFault("The server does not answer.");
    } finally {
      busy = false;
    }
  };
  const timer = setInterval(() => void send(), everyMs);
  return () => clearInterval(timer);
}
