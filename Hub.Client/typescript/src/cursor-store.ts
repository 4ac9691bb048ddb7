/** Keeps a reader's position, so that it continues there after a reload or a restart. One key per server and user. */
export interface CursorStore {
  /** The cursor saved last, or null. */
  load(key: string): string | null | Promise<string | null>;
  /** Called after the handler has completed. */
  save(key: string, cursor: string): void | Promise<void>;
}

/** In the browser's `localStorage`, shared by all tabs of the origin. */
export const localStorageCursors: CursorStore = {
  load: key => localStorage.getItem(key),
  save: (key, cursor) => localStorage.setItem(key, cursor),
};

/** Keeps cursors in memory: for Node, for tests, and for pages that start again with every load. */
export function memoryCursors(): CursorStore {
  const cursors = new Map<string, string>();
  return {
    load: key => cursors.get(key) ?? null,
    save: (key, cursor) => void cursors.set(key, cursor),
  };
}

/**
 * `localStorage` if it exists and may be read (some privacy settings forbid it), else memory. Full storage can still be read;
 * the feed reports each cursor that it cannot save as a problem.
 */
export function defaultCursors(): CursorStore {
  try {
    localStorage.getItem("order-feed:probe");
    return localStorageCursors;
  } catch {
    return memoryCursors();
  }
}
