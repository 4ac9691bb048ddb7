import { expect, test } from "vitest";
import { rowsInSight, scrollToKeep } from "../src/rows-in-sight";

const view = { top: 0, height: 600, row: 60 };

test("only the rows in sight are drawn, with six to spare on each side", () => {
  const rows = rowsInSight({ ...view, top: 6_030 }, 10_000);
  expect([rows[0], rows.at(-1), rows.length]).toEqual([94, 116, 23]);
});

test("no row is drawn above the first or below the last", () => {
  expect(rowsInSight(view, 3)).toEqual([0, 1, 2]);
  expect(rowsInSight(view, 0)).toEqual([]);
  expect(rowsInSight({ ...view, top: 999_999 }, 10)).toEqual([]);
});

test("who reads further down keeps the orders in sight; at the top the new ones show", () => {
  expect(scrollToKeep({ top: 600, row: 60 }, 100, 103)).toBe(180);
  expect(scrollToKeep({ top: 60, row: 60 }, 100, 103)).toBe(0);
  expect(scrollToKeep({ top: 600, row: 60 }, 100, 100)).toBe(0);
});
