// Single messages of the page, above the orders and in its title.
import type { Gap } from "@realtime/order-feed";

/** How much arrived for the time that the reader was away. */
export function summaryOf({ placed, changed }: { placed: number; changed: number }): string {
  const orders = placed === 1 ? "1 order" : `${placed} orders`;
  const changes = changed === 1 ? "1 change" : `${changed} changes`;
  if (changed === 0) return orders;
  return placed === 0 ? changes : `${orders} and ${changes}`;
}

export function gapText({ after, next, reason }: Gap): string {
  const lost =
    after !== null && next !== null && next > after + 1 ? `${next - after - 1} notifications are gone` : "Some notifications may be gone";
  return reason === "expired" ? `${lost}: they were older than the hub keeps them.` : `${lost}: the hub’s store was started afresh.`;
}

/** For screen readers. */
export function arrivalsText(fresh: number): string {
  return fresh === 1 ? "One new order." : `${fresh} new orders.`;
}

/** @param unread null or undefined: unknown. */
export function titleOf(unread: number | null | undefined): string {
  return unread ? `(${unread}) Realtime` : "Realtime";
}
