import type { Reading } from "./reading";
import { useNow } from "./now";
import { choices, nameOf, type Choice } from "./transports";

interface Props {
  reading: Reading;
  choice: Choice;
  onChoice: (choice: Choice) => void;
  onCut: () => void;
  onConnect: () => void;
}

export function ConnectionBar({ reading, choice, onChoice, onCut, onConnect }: Props) {
  const { state } = reading;
  const status = state?.status ?? "cut";
  return (
    <section class="connection card" aria-label="Connection">
      <div class="state" data-state={status}>
        <span class="dot" aria-hidden="true" />
        <div>
          <strong role="status">
            <Status reading={reading} />
          </strong>
          {state?.node && <span class="node">on node {state.node}</span>}
          <small>
            <Details reading={reading} />
          </small>
        </div>
      </div>
      <fieldset class="transports">
        <legend>Transport</legend>
        {choices.map(it => (
          <label key={it}>
            <input type="radio" name="transport" value={it} checked={it === choice} onChange={() => onChoice(it)} />
            <span>{nameOf[it]}</span>
          </label>
        ))}
      </fieldset>
      {status === "cut" || status === "closed" ? (
        <button type="button" class="primary" onClick={onConnect}>
          Come back
        </button>
      ) : (
        <button type="button" class="danger" onClick={onCut}>
          Cut the connection
        </button>
      )}
    </section>
  );
}

function Status({ reading: { state } }: { reading: Reading }) {
  switch (state?.status) {
    case undefined:
      return <>Cut off. What you miss is kept for you.</>;
    case "catching-up":
      return <>Catching up</>;
    case "live":
      return <>Live</>;
    case "reconnecting":
      return (
        <>
          Reconnecting in <Countdown until={state.reconnectAt ?? 0} /> s
        </>
      );
    case "closed":
      return <>Closed</>;
    default:
      return <>Connecting</>;
  }
}

function Details({ reading: { state, cutAt, latency } }: { reading: Reading }) {
  if (state === null)
    return (
      <>
        for <Countdown since={cutAt} /> s
      </>
    );
  const parts = [
    state.transport && nameOf[state.transport],
    state.sharing === "following" && "through another tab",
    state.sharing === "leading" && "for all tabs",
    state.sharing === "unavailable" && "for this tab alone (tabs share a connection only over https)",
    state.status === "live" && latency !== undefined && `${Math.round(latency)} ms latency`,
    state.status === "reconnecting" && state.reason,
    state.status === "closed" && state.reason,
  ];
  return <>{parts.filter(Boolean).join(" · ")}</>;
}

/** Whole seconds until, or since. */
function Countdown({ until, since }: { until?: number; since?: number }) {
  const now = useNow(250);
  const seconds = until === undefined ? Math.floor((now - (since ?? now)) / 1000) : Math.ceil((until - now) / 1000);
  return <span class="number">{Math.max(0, seconds)}</span>;
}
