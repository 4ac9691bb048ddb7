import { useCallback, useState } from "preact/hooks";

/** For what is drawn from objects that change in place: how often they were drawn, and a call to draw them again. */
export function useRedraw(): [number, () => void] {
  const [drawn, setDrawn] = useState(0);
  return [drawn, useCallback(() => setDrawn(count => count + 1), [])];
}
