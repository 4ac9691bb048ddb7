import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { forgetOrders, kept, Keeper } from "../src/kept";
import { OrderBook } from "../src/orders";
import { begin, full, happens, stored } from "./support/browser";
import { notification } from "./support/samples";

let book: OrderBook;
let cursor: string | null;
let keeper: Keeper;

beforeEach(() => {
  begin();
  vi.useFakeTimers();
  book = new OrderBook();
  cursor = null;
  keeper = new Keeper("alice", () => ({ cursor, orders: count => book.newest(count) }));
});
afterEach(() => {
  keeper.close();
  vi.useRealTimers();
});

function take(orderId: string): void {
  const order = notification(orderId);
  book.take(order, false);
  cursor = order.cursor;
  keeper.touch();
}

test("orders are kept with the place that follows them, at most once a second", () => {
  take("a");
  vi.advanceTimersByTime(999);
  take("b");
  expect(kept("alice")).toBeNull();
  vi.advanceTimersByTime(1);
  expect(kept("alice")).toMatchObject({ cursor, orders: [{ orderId: "a" }, { orderId: "b" }] });
});

test("a page that goes keeps what it has at once", () => {
  take("a");
  happens("pagehide");
  expect(kept("alice")?.cursor).toBe(cursor);
});

test("a tab that took nothing does not overwrite what another one kept", () => {
  stored.set("realtime.kept.alice", '{"cursor":"later","orders":[]}');
  happens("pagehide");
  keeper.close();
  expect(kept("alice")?.cursor).toBe("later");
});

test("only the last 200 orders are kept", () => {
  for (let i = 0; i < 250; i++) take(`o${i}`);
  vi.advanceTimersByTime(1_000);
  expect(kept("alice")!.orders.map(order => order.orderId)).toEqual(Array.from({ length: 200 }, (_, i) => `o${i + 50}`));
});

test("a storage that is full does no harm, and is tried again", () => {
  full.yes = true;
  take("a");
  vi.advanceTimersByTime(1_000);
  full.yes = false;
  take("b");
  vi.advanceTimersByTime(1_000);
  expect(kept("alice")!.orders).toHaveLength(2);
});

test("who signs out leaves no order behind, only the place to go on from", () => {
  take("a");
  keeper.close();
  forgetOrders("alice");
  expect(kept("alice")).toEqual({ cursor, orders: [] });
  forgetOrders("bob");
  expect([...stored.keys()]).toEqual(["realtime.kept.alice"]);
});

test.each(["", "{", "null", "7", '"text"', "[]", "{}", '{"cursor":7,"orders":[]}', '{"cursor":"c"}'])(
  "what cannot be read (%s) counts as nothing kept",
  text => {
    stored.set("realtime.kept.alice", text);
    expect(kept("alice")).toBeNull();
  },
);
