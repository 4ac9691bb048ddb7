import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { useNow } from "./now";
import type { Order, OrderBook } from "./orders";

interface Props {
  book: OrderBook;
  /** Changes with the book. */
  drawn: number;
  unread: number | null;
  /** Nothing is wrong: there are just no orders yet. */
  awaiting: boolean;
  onAcknowledge: () => void;
}

/** Orders drawn above and below what is in sight, so that a quick scroll shows no white. */
const spare = 6;

/** The orders, newest first; only those in sight are in the document. */
export function OrderList({ book, unread, awaiting, onAcknowledge }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 600, row: 64 });
  const now = useNow(1000);
  const measure = () => {
    const it = scroller.current!;
    setView({ top: it.scrollTop, height: it.clientHeight, row: parseFloat(getComputedStyle(it).getPropertyValue("--row")) });
  };
  useLayoutEffect(() => {
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(scroller.current!);
    return () => observer.disconnect();
  }, []);

  // Whoever reads further down must not have the list move under his eyes.
  const count = book.count;
  const before = useRef(count);
  useLayoutEffect(() => {
    const it = scroller.current!;
    if (it.scrollTop > view.row && count > before.current) it.scrollTop += (count - before.current) * view.row;
    before.current = count;
  }, [count]);

  const first = Math.max(0, Math.floor(view.top / view.row) - spare);
  const last = Math.min(count, Math.ceil((view.top + view.height) / view.row) + spare);
  const rows = Array.from({ length: Math.max(0, last - first) }, (_, index) => first + index);
  return (
    <section class="orders card" aria-label="Orders">
      <div class="title">
        <h1>Orders</h1>
        <small>{count.toLocaleString("en")}</small>
        {unread !== null && unread > 0 && <span class="badge">{unread.toLocaleString("en")} unread</span>}
        <button type="button" class="quiet" disabled={!unread} onClick={onAcknowledge}>
          Mark all as read
        </button>
      </div>
      <div class="head" aria-hidden="true">
        <span>Order</span>
        <span>Items</span>
        <span>Ships to</span>
        <span class="end">Total</span>
        <span class="end">Came</span>
      </div>
      <div class="scroller" ref={scroller} onScroll={measure} tabIndex={0} role="list" aria-label="Orders, newest first">
        {count === 0 && <p class="empty">{awaiting ? "No orders yet. The next one appears here by itself." : ""}</p>}
        <div class="canvas" style={{ height: `${count * view.row}px` }}>
          {rows.map(index => {
            const order = book.at(index)!;
            return <Row key={order.key} order={order} top={index * view.row} position={index + 1} count={count} now={now} />;
          })}
        </div>
      </div>
    </section>
  );
}

function Row({ order, top, position, count, now }: { order: Order; top: number; position: number; count: number; now: number }) {
  return (
    <div
      class="row"
      data-missed={order.missed}
      data-order={order.orderId}
      style={{ transform: `translateY(${top}px)` }}
      role="listitem"
      aria-posinset={position}
      aria-setsize={count}
    >
      <div class="id">
        <b>{order.orderId}</b>
        <span class="status" data-status={order.status}>
          {order.status}
        </span>
      </div>
      <div class="items" title={order.items}>
        {order.items}
      </div>
      <div class="place">{order.place}</div>
      <div class="total end number">{order.total}</div>
      <time class="came end number" dateTime={order.time}>
        {ago(now - Date.parse(order.time))}
      </time>
    </div>
  );
}

function ago(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  if (!Number.isFinite(seconds)) return "";
  if (seconds < 2) return "now";
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  return seconds < 86_400 ? `${Math.floor(seconds / 3600)} h ago` : `${Math.floor(seconds / 86_400)} d ago`;
}
