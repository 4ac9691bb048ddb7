// The orders that a reader sees, newest first, each with its current status.
import type { Notification } from "@realtime/order-feed";

export interface Order {
  /** The id of the notification that placed it: the same order number may be placed again. */
  key: string;
  orderId: string;
  status: string;
  place: string;
  total: string;
  items: string;
  time: string;
  changedAt: number;
  /** Placed or changed while the reader was away. */
  missed: boolean;
}

/** Older orders are dropped. */
export const maxOrders = 10_000;
const maxTextLength = 200;

export class OrderBook {
  /** Oldest first, so that adding is cheap. */
  #orders: Order[] = [];
  readonly #latest = new Map<string, Order>();
  readonly #seen = new Set<string>();

  /** How many were placed since the page was opened. */
  arrived = 0;

  get count(): number {
    return this.#orders.length;
  }

  /** Counted from the newest. */
  at(index: number): Order | undefined {
    return this.#orders[this.#orders.length - 1 - index];
  }

  newest(count: number): Order[] {
    return this.#orders.slice(-count);
  }

  restore(orders: Order[]): void {
    for (const order of orders) {
      this.#remember(order.key);
      this.#add({ ...order, missed: false });
    }
  }

  /** Removes the marks of an earlier absence, so that those of the next one stand out. */
  unmark(): void {
    for (const [index, order] of this.#orders.entries()) if (order.missed) this.#replace(index, { ...order, missed: false });
  }

  /** False: a copy that arrived by another topic. */
  take(notification: Notification, missed: boolean): boolean {
    if (this.#seen.has(notification.id)) return false;
    this.#remember(notification.id);
    const known = this.#latest.get(notification.orderId);
    if (notification.type === "order.created" || !known) {
      this.arrived++;
      this.#add(orderOf(notification, missed));
    } else
      this.#replace(this.#orders.lastIndexOf(known), {
        ...known,
        status: statusOf(notification.type),
        changedAt: Date.now(),
        missed: known.missed || missed,
      });
    return true;
  }

  #add(order: Order): void {
    this.#orders.push(order);
    this.#latest.set(order.orderId, order);
    if (this.#orders.length <= maxOrders) return;
    const oldest = this.#orders.shift()!;
    if (this.#latest.get(oldest.orderId) === oldest) this.#latest.delete(oldest.orderId);
  }

  #replace(index: number, changed: Order): void {
    const before = this.#orders[index]!;
    this.#orders[index] = changed;
    if (this.#latest.get(changed.orderId) === before) this.#latest.set(changed.orderId, changed);
  }

  #remember(id: string): void {
    this.#seen.add(id);
    if (this.#seen.size <= 2 * maxOrders) return;
    for (const oldest of this.#seen) {
      this.#seen.delete(oldest);
      break;
    }
  }
}

/** Creates an order from any JSON of a publisher: each member becomes text, or empty. */
function orderOf(notification: Notification, missed: boolean): Order {
  const data = isObject(notification.data) ? notification.data : {};
  return {
    key: notification.id,
    orderId: notification.orderId,
    status: statusOf(notification.type),
    place: [data.city, data.state].map(text).filter(Boolean).join(", "),
    total: typeof data.total === "number" ? money.format(data.total) : text(data.total),
    items: itemsOf(data.lines),
    time: notification.time,
    changedAt: Date.now(),
    missed,
  };
}

function statusOf(type: string): string {
  return type === "order.created" ? "placed" : type.replace(/^order\./, "");
}

function itemsOf(lines: unknown): string {
  if (!Array.isArray(lines)) return "";
  const names = lines.map(line => (isObject(line) ? `${quantity(line.quantity)}${text(line.product)}` : "")).filter(Boolean);
  return names.join(" · ").slice(0, maxTextLength);
}

function quantity(value: unknown): string {
  return typeof value === "number" && value !== 1 ? `${value} × ` : "";
}

function text(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value).slice(0, maxTextLength) : "";
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const money = new Intl.NumberFormat("en-US", { style: "currency", currency: "USD" });
