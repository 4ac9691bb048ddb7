/** The part of the list that is looked at, in pixels. */
export interface View {
  readonly top: number;
  readonly height: number;
  /** Of one row. */
  readonly row: number;
}

/** Orders drawn above and below what is in sight, so that a quick scroll shows no white. */
const spare = 6;

/** Which of so many rows are drawn, by their place from the top. */
export function rowsInSight({ top, height, row }: View, count: number): number[] {
  const first = Math.max(0, Math.floor(top / row) - spare);
  const last = Math.min(count, Math.ceil((top + height) / row) + spare);
  return Array.from({ length: Math.max(0, last - first) }, (_, index) => first + index);
}

/** How far to scroll when orders come above: who reads further down must not have the list move under the eyes. */
export function scrollToKeep({ top, row }: Pick<View, "top" | "row">, before: number, count: number): number {
  return top > row && count > before ? (count - before) * row : 0;
}
