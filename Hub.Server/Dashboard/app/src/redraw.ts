import { useCallback, useState } from "preact/hooks";

/** For components drawn from objects that change in place: returns a counter of redraws, and a function to redraw. */
export function useRedraw(): [number, () => void] {
  const [drawn, setDrawn] = useState(0);
  return [drawn, useCallback(() => setDrawn(count => count + 1), [])];
}
