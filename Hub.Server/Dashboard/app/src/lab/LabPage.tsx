import { useEffect, useState } from "preact/hooks";
import { allTransports } from "@realtime/order-feed";
import { latencyText } from "../durations";
import { sentenceOf } from "../fault";
import { useRedraw } from "../redraw";
import { devToken, type Session } from "../session";
import type { Settings } from "../settings";
import { nameOf } from "../transports";
import { Lane, now, percentiles } from "./lane";
import { Distribution, LatencyOverTime } from "./plots";
import { publish } from "./probes";
import "./lab.css";

const drawEveryMs = 500;
const rates = [0, 5, 20, 100];

interface Props {
  settings: Settings;
  session: Session | null;
}

/** All four transports side by side, receiving the same orders. */
export function LabPage({ settings, session }: Props) {
  const anybody = settings.signIn === "anybody";
  const [, redraw] = useRedraw();
  const [user] = useState(() => `lab-${crypto.randomUUID().slice(0, 8)}`);
  const [lanes] = useState(() =>
    allTransports.map(
      transport => new Lane(transport, async () => (anybody ? (await devToken(user, settings.regions)).accessToken : null)),
    ),
  );
  const [rate, setRate] = useState(anybody ? 20 : 0);
  const [fault, setFault] = useState("");
  const usable = anybody || session !== null;

  useEffect(() => {
    if (!usable) return undefined;
    for (const lane of lanes) lane.connect();
    const timer = setInterval(redraw, drawEveryMs);
    return () => {
      clearInterval(timer);
      for (const lane of lanes) lane.cut();
    };
  }, [usable, lanes, redraw]);

  useEffect(() => {
    if (!anybody || rate === 0) return undefined;
    let [stop, stopped] = [() => {}, false];
    devToken("lab-publisher", [], ["publisher"]).then(
      ({ accessToken }) => {
        if (!stopped) stop = publish(user, rate, accessToken, setFault);
      },
      (error: unknown) => setFault(sentenceOf(error)),
    );
    return () => {
      stopped = true;
      stop();
    };
  }, [rate, anybody, user]);

  if (!usable) return <p class="card empty">Sign in first: the lab reads your orders over all four transports at once.</p>;
  const allCut = lanes.every(lane => lane.state === "cut");
  const turn = (lane: Lane, on: boolean) => {
    if (on) lane.connect();
    else lane.cut();
    redraw();
  };
  return (
    <div class="lab">
      <section class="card controls" aria-label="Lab controls">
        <div>
          <h1>Transport lab</h1>
          <p>One reader, four connections, the same orders. Cut them, wait, and let them come back.</p>
        </div>
        {anybody && (
          <label class="rate">
            Orders a second
            <select value={rate} onChange={event => setRate(Number(event.currentTarget.value))}>
              {rates.map(it => (
                <option key={it} value={it}>
                  {it === 0 ? "only the demo’s" : it}
                </option>
              ))}
            </select>
          </label>
        )}
        <button
          type="button"
          onClick={() => {
            for (const lane of lanes) lane.clear();
            redraw();
          }}
        >
          Start over
        </button>
        <button
          type="button"
          class={allCut ? "primary" : "danger"}
          onClick={() => {
            for (const lane of lanes) turn(lane, allCut);
          }}
        >
          {allCut ? "All come back" : "Cut all four"}
        </button>
        {fault && (
          <p class="fault" role="alert">
            {fault}
          </p>
        )}
      </section>
      <section class="card plot-card" aria-label="Latency over time">
        <div class="legend">
          {lanes.map((lane, index) => (
            <span key={lane.transport} data-series={index + 1}>
              {nameOf[lane.transport]}
            </span>
          ))}
        </div>
        <LatencyOverTime lanes={lanes} now={now()} />
      </section>
      <div class="lanes">
        {lanes.map((lane, index) => (
          <LaneCard key={lane.transport} lane={lane} index={index} onTurn={on => turn(lane, on)} />
        ))}
      </div>
    </div>
  );
}

const stateNames: Record<Lane["state"], string> = { connecting: "Connecting", live: "Live", waiting: "Reconnecting", cut: "Cut off" };

function LaneCard({ lane, index, onTurn }: { lane: Lane; index: number; onTurn: (on: boolean) => void }) {
  const name = nameOf[lane.transport];
  const times = percentiles(lane.points);
  const each = (value: number, digits: number) =>
    lane.received === 0 ? "–" : (value / lane.received).toLocaleString("en", { maximumFractionDigits: digits });
  return (
    <section class="card lane" aria-label={name} data-lane={lane.transport} data-series={index + 1}>
      <header>
        <h2>{name}</h2>
        <span class="lane-state" data-state={lane.state === "waiting" ? "reconnecting" : lane.state}>
          {stateNames[lane.state]}
        </span>
        <button
          type="button"
          class="quiet"
          aria-label={`${lane.state === "cut" ? "Reconnect" : "Cut"} ${name}`}
          onClick={() => onTurn(lane.state === "cut")}
        >
          {lane.state === "cut" ? "Reconnect" : "Cut"}
        </button>
      </header>
      <dl class="times">
        <div>
          <dt>median</dt>
          <dd>{times ? latencyText(times.p50) : "–"}</dd>
        </div>
        <div>
          <dt>90 %</dt>
          <dd>{times ? latencyText(times.p90) : "–"}</dd>
        </div>
        <div>
          <dt>99 %</dt>
          <dd>{times ? latencyText(times.p99) : "–"}</dd>
        </div>
      </dl>
      <Distribution points={lane.points} index={index} name={name} />
      <dl class="costs">
        <div>
          <dt>received</dt>
          <dd>{lane.received.toLocaleString("en")}</dd>
        </div>
        <div>
          <dt>bytes each</dt>
          <dd>{each(lane.meter.bytes, 0)}</dd>
        </div>
        <div>
          <dt>requests each</dt>
          <dd>{each(lane.meter.requests, 3)}</dd>
        </div>
        <div>
          <dt>missing · twice</dt>
          <dd>
            {lane.missing} · {lane.repeated}
          </dd>
        </div>
      </dl>
      <p class="comeback" role="status">
        {lane.comeback &&
          lane.comeback.count > 0 &&
          `Came back: ${lane.comeback.count} orders caught up in ${latencyText(lane.comeback.tookMs)}.`}
      </p>
    </section>
  );
}
