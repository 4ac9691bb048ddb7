import { useEffect, useReducer, useRef, useState } from 'preact/hooks';
import { ConnectionBar } from './ConnectionBar';
import { Feed, type FeedState } from './feed';
import { Keeper, kept } from './kept';
import { Latency } from './latency';
import { OrderList } from './OrderList';
import { OrderBook } from './orders';
import { tokenOf, type Session } from './session';
import type { Gap, Transport } from './wire';

/** What a reader has got since it came back. */
interface CatchUp {
  placed: number;
  changed: number;
}

/** A reader's page: its connection, what it missed, and its orders. */
export function Reader({ session }: { session: Session }) {
  const [, redraw] = useReducer<number, void>(count => count + 1, 0);
  const [state, setState] = useState<FeedState>({ kind: 'connecting' });
  const [catchUp, setCatchUp] = useState<CatchUp | null>(null);
  const [gap, setGap] = useState<Gap | null>(null);
  const [transport, setTransport] = useState<Transport>('WebSockets');
  const [book] = useState(() => new OrderBook());
  const [latency] = useState(() => new Latency());
  const feed = useRef<Feed | null>(null);

  useEffect(() => {
    const before = kept(session.user);
    if (before) book.restore(before.orders);
    let frame = 0;
    let counted: CatchUp = { placed: 0, changed: 0 };
    const draw = () => { frame ||= requestAnimationFrame(() => { frame = 0; redraw(); }); };
    const opened = new Feed({
      transport,
      cursor: before?.cursor ?? null,
      getToken: () => tokenOf(session),
      onNotification: (notification, missed) => {
        if (!book.take(notification, missed)) return;
        if (!missed) latency.add(Date.now() - Date.parse(notification.time));
        else if (notification.type === 'order.created') counted = { ...counted, placed: counted.placed + 1 };
        else counted = { ...counted, changed: counted.changed + 1 };
        keeper.touch();
        draw();
      },
      onGap: setGap,
      onState: next => {
        if (next.kind === 'connecting' || next.kind === 'cut') counted = { placed: 0, changed: 0 };
        if (next.kind === 'cut') { setCatchUp(null); latency.clear(); book.unmark(); }
        if (next.kind === 'live' && counted.placed + counted.changed > 0) setCatchUp(counted);
        setState(next);
        keeper.touch();
      },
    });
    const keeper = new Keeper(session.user, () => ({ cursor: opened.cursor, newest: count => book.newest(count) }));
    feed.current = opened;
    opened.connect();
    return () => { cancelAnimationFrame(frame); opened.close(); keeper.close(); };
  }, [session]);

  return (
    <>
      <ConnectionBar
        state={state} transport={transport} latency={latency.median}
        onTransport={next => { setTransport(next); latency.clear(); feed.current?.switchTo(next); }}
        onCut={() => feed.current?.cut()} onConnect={() => feed.current?.connect()} />
      <div role="status" class="notices">
        {catchUp && (
          <p class="notice caught-up">
            <strong>{summary(catchUp)}</strong> while you were away.
            <button type="button" class="quiet" onClick={() => { setCatchUp(null); book.unmark(); }}>Dismiss</button>
          </p>
        )}
        {gap && (
          <p class="notice gap">
            <strong>{gapText(gap)}</strong>
            <button type="button" class="quiet" onClick={() => setGap(null)}>Dismiss</button>
          </p>
        )}
      </div>
      <OrderList book={book} version={book.count} awaiting={state.kind === 'live'} />
    </>
  );
}

function summary({ placed, changed }: CatchUp): string {
  const orders = placed === 1 ? '1 order' : `${placed} orders`;
  if (changed === 0) return orders;
  return `${orders} and ${changed === 1 ? '1 change' : `${changed} changes`}`;
}

function gapText({ after, next, reason }: Gap): string {
  const lost = after !== null && next !== null && next > after + 1 ? `${next - after - 1} notifications are gone` : 'Some notifications may be gone';
  return reason === 'expired' ? `${lost}: they were older than the hub keeps them.` : `${lost}: the hub’s store has begun anew.`;
}
