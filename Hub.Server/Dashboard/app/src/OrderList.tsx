import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { agoText } from "./durations";
import { useNow } from "./now";
import type { Order, OrderBook } from "./orders";
import { rowsInSight, scrollToKeep, type View } from "./rows-in-sight";

interface Props {
  book: OrderBook;
  /** Changes with the book. */
  drawn: number;
  unread: number | null;
  /** No error: there are just no orders yet. */
  awaiting: boolean;
  onAcknowledge: () => void;
}

/** The orders, newest first; only the visible rows are in the document. */
export function OrderList({ book, unread, awaiting, onAcknowledge }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const [view, setView] = useState<View>({ top: 0, height: 600, row: 64 });
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

  const count = book.count;
  const before = useRef(count);
  useLayoutEffect(() => {
    const it = scroller.current!;
    it.scrollTop += scrollToKeep({ top: it.scrollTop, row: view.row }, before.current, count);
    before.current = count;
  }, [count, view.row]);

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
          {rowsInSight(view, count).map(index => {
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
        {agoText(now - Date.parse(order.time))}
      </time>
    </div>
  );
}
