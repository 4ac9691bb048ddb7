import { useEffect, useRef, useState } from "preact/hooks";
import { nothingYet, Watch, type Watched } from "./watch";

/** Watches the nodes while the page is shown. */
export function useWatch(token: string | null, many: boolean): [Watched, (text: string) => Promise<void>] {
  const [watched, setWatched] = useState<Watched>(nothingYet);
  const watch = useRef<Watch | null>(null);
  useEffect(() => () => watch.current?.leave(), []);
  useEffect(() => {
    if (token !== null) (watch.current ??= new Watch(many, setWatched)).use(token);
  }, [token, many]);
  return [watched, text => watch.current!.announce(text)];
}
