import { useEffect, useReducer, useState } from "preact/hooks";
import type { Gap } from "@realtime/order-feed";
import { Announcer } from "./Announcer";
import { ConnectionBar } from "./ConnectionBar";
import { forgetOrders } from "./kept";
import { OrderList } from "./OrderList";
import { Reader, type Reading } from "./reading";
import { remembered, type Session } from "./session";
import { choose, chosen, onChoice, type Choice } from "./transports";

/** A reader's page: its connection, what it missed, and its orders. */
export function OrdersPage({ session }: { session: Session }) {
  const [drawn, redraw] = useReducer<number, void>(count => count + 1, 0);
  const [choice, setChoice] = useState<Choice>(chosen);
  const [reader, setReader] = useState<Reader | null>(null);

  useEffect(() => {
    let frame = 0;
    const opened = new Reader(session, choice, () => {
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
      if (remembered()?.user !== session.user) forgetOrders(session.user);
    };
  }, [session.user]);

  const switchTo = (next: Choice) => {
    setChoice(next);
    reader?.switchTo(next);
  };
  useEffect(() => onChoice(switchTo), [reader]);

  const now = reader?.now;
  useEffect(() => {
    document.title = now?.unread ? `(${now.unread}) Realtime` : "Realtime";
    return () => {
      document.title = "Realtime";
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
            <strong>{summary(missed)}</strong> while you were away{state?.status === "catching-up" ? " …" : "."}
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

function summary({ placed, changed }: { placed: number; changed: number }): string {
  const orders = placed === 1 ? "1 order" : `${placed} orders`;
  const changes = changed === 1 ? "1 change" : `${changed} changes`;
  return changed === 0 ? orders : placed === 0 ? changes : `${orders} and ${changes}`;
}

function gapText({ after, next, reason }: Gap): string {
  const lost =
    after !== null && next !== null && next > after + 1 ? `${next - after - 1} notifications are gone` : "Some notifications may be gone";
  return reason === "expired" ? `${lost}: they were older than the hub keeps them.` : `${lost}: the hub’s store has begun anew.`;
}
