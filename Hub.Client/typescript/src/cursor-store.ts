/** Keeps how far a reader has come, so that a reload or a restart goes on there. One key per server and user. */
export interface CursorStore {
  /** What was saved last, or null. */
  load(key: string): string | null | Promise<string | null>;
  /** Called after the handler has run. */
  save(key: string, cursor: string): void | Promise<void>;
}

/** In the browser's `localStorage`, shared by all tabs of the origin. */
export const localStorageCursors: CursorStore = {
  load: key => localStorage.getItem(key),
  save: (key, cursor) => localStorage.setItem(key, cursor),
};

/** In memory: for Node, for tests, and for pages that want to begin anew with every load. */
export function memoryCursors(): CursorStore {
  const cursors = new Map<string, string>();
  return {
    load: key => cursors.get(key) ?? null,
    save: (key, cursor) => void cursors.set(key, cursor),
  };
}

/**
 * `localStorage` where there is one that may be read (some privacy settings forbid it), else memory. One that is full still says
 * where the reader was; what cannot be saved in it is a problem that the feed tells.
 */
export function defaultCursors(): CursorStore {
  try {
    localStorage.getItem("order-feed:probe");
    return localStorageCursors;
  } catch {
    return memoryCursors();
  }
}
