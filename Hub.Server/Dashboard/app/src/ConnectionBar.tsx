import type { FeedState } from './feed';
import { useNow } from './now';
import { transportNames, transports, type Transport } from './wire';

interface Props {
  state: FeedState;
  transport: Transport;
  latency: number | undefined;
  onTransport: (transport: Transport) => void;
  onCut: () => void;
  onConnect: () => void;
}

export function ConnectionBar({ state, transport, latency, onTransport, onCut, onConnect }: Props) {
  return (
    <section class="connection card" aria-label="Connection">
      <div class="state" data-state={state.kind}>
        <span class="dot" aria-hidden="true" />
        <div>
          <strong role="status"><StateText state={state} /></strong>
          <small>{transportNames[transport]}{state.kind === 'live' && latency !== undefined && ` · ${Math.round(latency)} ms from publishing to here`}</small>
        </div>
      </div>
      <fieldset class="transports">
        <legend>Transport</legend>
        {transports.map(it => (
          <label key={it}>
            <input type="radio" name="transport" value={it} checked={it === transport} onChange={() => onTransport(it)} />
            <span>{transportNames[it]}</span>
          </label>
        ))}
      </fieldset>
      {state.kind === 'cut' || state.kind === 'closed'
        ? <button type="button" class="primary" onClick={onConnect}>Come back</button>
        : <button type="button" class="danger" onClick={onCut}>Cut the connection</button>}
    </section>
  );
}

function StateText({ state }: { state: FeedState }) {
  switch (state.kind) {
    case 'connecting': return <>Connecting</>;
    case 'catching-up': return <>Catching up</>;
    case 'live': return <>Live</>;
    case 'waiting': return <>Reconnecting in <Seconds until={state.until} /> s</>;
    case 'cut': return <>Cut off. What you miss is kept for you.</>;
    case 'closed': return <>{state.why}</>;
  }
}

function Seconds({ until }: { until: number }) {
  return <span class="number">{Math.max(0, Math.ceil((until - useNow(250)) / 1000))}</span>;
}
