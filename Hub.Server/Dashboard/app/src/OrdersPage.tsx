import { useCallback, useEffect, useState } from "preact/hooks";
import { Announcer } from "./Announcer";
import { ConnectionBar } from "./ConnectionBar";
import { forgetOrders } from "./kept";
import { gapText, summaryOf, titleOf } from "./notices";
import { OrderList } from "./OrderList";
import { Reader, type Reading } from "./reading";
import { useRedraw } from "./redraw";
import { remembered, type Session } from "./session";
import { choose, chosen, onChoice, type Choice } from "./transports";

/** A reader's page: its connection, what it missed, and its orders. */
export function OrdersPage({ session }: { session: Session }) {
  const [drawn, redraw] = useRedraw();
  const [choice, setChoice] = useState<Choice>(chosen);
  const [reader, setReader] = useState<Reader | null>(null);
  // Each user has a separate page (see its key), so the reader is opened once, with the values of the first render.
  const [first] = useState({ session, choice });

  useEffect(() => {
    let frame = 0;
    const opened = new Reader(first.session, first.choice, () => {
      frame ||= requestAnimationFrame(() => {
        frame = 0;
        redraw();
      });
    });
    setReader(opened);
    opened.connect();
    return () => {
      cancelAnimationFrame(frame);
      opened.close();
      if (remembered()?.user !== first.session.user) forgetOrders(first.session.user);
    };
  }, [first, redraw]);

  const switchTo = useCallback(
    (next: Choice) => {
      setChoice(next);
      reader?.switchTo(next);
    },
    [reader],
  );
  useEffect(() => onChoice(switchTo), [switchTo]);

  const now = reader?.now;
  useEffect(() => {
    document.title = titleOf(now?.unread);
    return () => {
      document.title = titleOf(null);
    };
  }, [now?.unread]);

  if (!reader || !now) return null;
  return (
    <>
      <ConnectionBar
        reading={now}
        choice={choice}
        onChoice={next => {
          choose(next);
          switchTo(next);
        }}
        onCut={() => reader.cut()}
        onConnect={() => reader.connect()}
      />
      <Notices reading={now} onDismiss={() => reader.dismiss()} />
      <Announcer arrived={reader.book.arrived} />
      <OrderList
        book={reader.book}
        drawn={drawn}
        unread={now.unread}
        awaiting={now.state?.status === "live"}
        onAcknowledge={() => void reader.acknowledge()}
      />
    </>
  );
}

function Notices({ reading: { state, missed, gap, fault }, onDismiss }: { reading: Reading; onDismiss: () => void }) {
  const dismiss = (
    <button type="button" class="quiet" onClick={onDismiss}>
      Dismiss
    </button>
  );
  return (
    <div role="status" class="notices">
      {missed && (
        <p class="notice caught-up">
          <span>
            <strong>{summaryOf(missed)}</strong> while you were away{state?.status === "catching-up" ? " …" : "."}
          </span>
          {dismiss}
        </p>
      )}
      {fault && (
        <p class="notice gap">
          <strong>Not marked as read.</strong> {fault}
          {dismiss}
        </p>
      )}
      {gap && (
        <p class="notice gap">
          <strong>{gapText(gap)}</strong>
          {dismiss}
        </p>
      )}
    </div>
  );
}
