/** The visible part of the list, in pixels. */
export interface View {
  readonly top: number;
  readonly height: number;
  /** The height of one row. */
  readonly row: number;
}

/** Extra rows drawn above and below the visible part, so that a quick scroll shows no white. */
const spare = 6;

/** The indexes of the rows to draw, from the top. */
export function rowsInSight({ top, height, row }: View, count: number): number[] {
  const first = Math.max(0, Math.floor(top / row) - spare);
  const last = Math.min(count, Math.ceil((top + height) / row) + spare);
  return Array.from({ length: Math.max(0, last - first) }, (_, index) => first + index);
}

/** How far to scroll when orders arrive above: the list must not move while the visitor reads further down. */
export function scrollToKeep({ top, row }: Pick<View, "top" | "row">, before: number, count: number): number {
  return top > row && count > before ? (count - before) * row : 0;
}
