import { useEffect, useRef, useState } from "preact/hooks";
import { arrivalsText } from "./notices";

/** Without a limit, a screen reader would never stop in a busy list. */
const everyMs = 5_000;

/** Announces the number of new orders to screen readers, now and then. */
export function Announcer({ arrived }: { arrived: number }) {
  const latest = useRef(arrived);
  latest.current = arrived;
  const [said, say] = useState("");
  useEffect(() => {
    let told = latest.current;
    const timer = setInterval(() => {
      const fresh = latest.current - told;
      told = latest.current;
      if (fresh > 0) say(arrivalsText(fresh));
    }, everyMs);
    return () => clearInterval(timer);
  }, []);
  return (
    <p class="unseen" role="status">
      {said}
    </p>
  );
}
