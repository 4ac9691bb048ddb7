import { beforeEach, expect, test } from "vitest";
import { Latency } from "../src/latency";
import { maxOrders, OrderBook } from "../src/orders";
import { notification } from "./support/samples";

let book: OrderBook;
beforeEach(() => (book = new OrderBook()));

const shown = () => Array.from({ length: book.count }, (_, index) => `${book.at(index)!.orderId} ${book.at(index)!.status}`);

test("the newest order stands first", () => {
  for (const id of ["a", "b", "c"]) book.take(notification(id), false);
  expect(shown()).toEqual(["c placed", "b placed", "a placed"]);
  expect(book.at(3)).toBeUndefined();
  expect(book.arrived).toBe(3);
});

test("a change is shown on its order, which keeps its place", () => {
  for (const id of ["a", "b"]) book.take(notification(id), false);
  book.take(notification("a", { type: "order.shipped" }), false);
  expect(shown()).toEqual(["b placed", "a shipped"]);
  expect(book.arrived).toBe(2);
});

test("a change of an order that is not known makes a row", () => {
  book.take(notification("a", { type: "order.shipped" }), false);
  expect(shown()).toEqual(["a shipped"]);
});

test("a copy that comes by another topic is not taken twice", () => {
  expect(book.take(notification("a", { id: "one" }), false)).toBe(true);
  expect(book.take(notification("a", { id: "one", topic: "all" }), false)).toBe(false);
  expect(book.count).toBe(1);
});

test("an order that is placed again under its number is another one, and later changes are its own", () => {
  book.take(notification("a"), false);
  book.take(notification("a"), false);
  book.take(notification("a", { type: "order.returned" }), false);
  expect(shown()).toEqual(["a returned", "a placed"]);
});

test("the oldest orders are dropped, and a change of one that is gone makes a row", () => {
  for (let i = 0; i <= maxOrders; i++) book.take(notification(`o${i}`), false);
  expect(book.count).toBe(maxOrders);
  expect(book.at(maxOrders - 1)!.orderId).toBe("o1");
  book.take(notification("o0", { type: "order.shipped" }), false);
  expect(book.at(0)).toMatchObject({ orderId: "o0", status: "shipped" });
});

test("what was missed is marked until the mark is taken off", () => {
  book.take(notification("a"), true);
  book.take(notification("b"), false);
  book.take(notification("b", { type: "order.shipped" }), true);
  expect([book.at(0)!.missed, book.at(1)!.missed]).toEqual([true, true]);
  book.unmark();
  book.take(notification("b", { type: "order.returned" }), false);
  expect(shown()).toEqual(["b returned", "a placed"]);
  expect([book.at(0)!.missed, book.at(1)!.missed]).toEqual([false, false]);
});

test("kept orders come back without marks, and are not taken again", () => {
  const placed = notification("a");
  book.take(placed, true);
  const again = new OrderBook();
  again.restore(book.newest(10));
  expect(again.at(0)).toMatchObject({ orderId: "a", missed: false });
  expect(again.take(placed, false)).toBe(false);
  expect(again.arrived).toBe(0);
});

test("an order's data is shown as text", () => {
  const lines = [
    { product: "Chair", quantity: 2 },
    { product: "Lamp", quantity: 1 },
  ];
  book.take(notification("a", { data: { city: "Portland", state: "Oregon", total: 1234.5, lines } }), false);
  expect(book.at(0)).toMatchObject({ place: "Portland, Oregon", total: "$1,234.50", items: "2 × Chair · Lamp" });
});

test.each([undefined, null, 7, "text", [], { lines: 7, total: {}, city: [] }, { lines: [null, 7, {}] }])(
  "data of another shape (%j) leaves its places empty",
  data => {
    book.take(notification("a", { data }), false);
    expect(book.at(0)).toMatchObject({ place: "", total: "", items: "" });
  },
);

test("long texts are cut", () => {
  book.take(
    notification("a", { data: { city: "x".repeat(10_000), total: "y".repeat(10_000), lines: Array(99).fill({ product: "Chair" }) } }),
    false,
  );
  const { place, total, items } = book.at(0)!;
  expect([place.length, total.length, items.length]).toEqual([200, 200, 200]);
});

test("the latency shown is the median of the last 64, and never below 0", () => {
  const latency = new Latency();
  expect(latency.median).toBeUndefined();
  for (let i = 0; i < 100; i++) latency.add(1_000);
  for (let i = 0; i < 64; i++) latency.add(i < 32 ? -5 : 7);
  expect(latency.median).toBe(7);
  latency.clear();
  latency.add(-5);
  expect(latency.median).toBe(0);
});
