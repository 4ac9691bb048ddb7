import type { Reading } from "./reading";
import { useNow } from "./now";
import { detailsOf, headlineOf, secondsOf, type Line } from "./status";
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
            <Sentence line={headlineOf(state)} />
          </strong>
          {state?.node && <span class="node">on node {state.node}</span>}
          <small>
            <Sentence line={detailsOf(reading)} />
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

function Sentence({ line: { text, seconds, rest } }: { line: Line }) {
  return (
    <>
      {text}
      {seconds && <Seconds of={seconds} />}
      {rest}
    </>
  );
}

function Seconds({ of }: { of: NonNullable<Line["seconds"]> }) {
  return <span class="number">{secondsOf(of, useNow(250))}</span>;
}
