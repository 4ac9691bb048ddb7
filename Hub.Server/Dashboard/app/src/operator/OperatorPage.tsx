import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { upText } from "../durations";
import { devToken } from "../session";
import type { Settings } from "../settings";
import { Access } from "./Access";
import { Announcements } from "./Announcements";
import type { Sample, ShownNode } from "./cluster";
import { ConnectionsPlot, LatencyPlot, RatesPlot } from "./plots";
import { connectionsOf, StatsRefused } from "./stats";
import { tilesOf } from "./tiles";
import { useWatch } from "./useWatch";
import "./operator.css";

/** For operators of the hub: what its nodes do now, and did in the last two minutes. */
export function OperatorPage({ settings }: { settings: Settings }) {
  const [token, setToken] = useState<string | null>(null);
  const [{ nodes, samples, announcements, connected, fault }, announce] = useWatch(token, settings.cluster);
  const refused = fault instanceof StatsRefused;
  // True also when the first token has expired, after an hour.
  const wanted = settings.signIn === "anybody" && (token === null || refused);
  useEffect(() => {
    if (wanted)
      devToken("operator", [], ["admin"]).then(
        it => setToken(it.accessToken),
        () => undefined,
      );
  }, [wanted]);
  if (token === null || refused)
    return settings.signIn === "anybody" ? (
      <p class="empty" role="alert">
        {fault?.message}
      </p>
    ) : (
      <TokenForm fault={fault?.message ?? ""} onToken={setToken} />
    );
  return (
    <div class="operator" tabIndex={0} role="region" aria-label="Operator">
      <h1 class="unseen">Operator</h1>
      {fault && (
        <p class="notice gap" role="alert">
          <strong>{fault.message}</strong>
        </p>
      )}
      <Tiles nodes={nodes} last={samples.at(-1)} />
      <div class="plots">
        <Card title="Notifications a second" legend={["published", "delivered"]}>
          <RatesPlot samples={samples} />
        </Card>
        <Card title="From the store to the connection" legend={["median", "99 %"]}>
          <LatencyPlot samples={samples} />
        </Card>
        <Card title="Connections" legend={["WebSockets", "Server-sent events", "Long polling", "EventSource"]}>
          <ConnectionsPlot samples={samples} />
        </Card>
      </div>
      <Nodes nodes={nodes} />
      <Access token={token} />
      <Announcements announcements={announcements} connected={connected} onAnnounce={announce} />
    </div>
  );
}

function Card({ title, legend, children }: { title: string; legend: string[]; children: ComponentChildren }) {
  return (
    <section class="card plot-card" aria-label={title}>
      <header>
        <h2>{title}</h2>
        <span class="legend">
          {legend.map((name, index) => (
            <span key={name} data-series={index + 1}>
              {name}
            </span>
          ))}
        </span>
      </header>
      {children}
    </section>
  );
}

function Tiles({ nodes, last }: { nodes: ShownNode[]; last: Sample | undefined }) {
  return (
    <dl class="tiles">
      {tilesOf(nodes, last).map(([name, value]) => (
        <div class="card" key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Nodes({ nodes }: { nodes: ShownNode[] }) {
  return (
    <section class="card nodes" tabIndex={0} aria-label="Nodes">
      <table>
        <thead>
          <tr>
            <th scope="col">Node</th>
            <th scope="col">State</th>
            <th scope="col">Up</th>
            <th scope="col">Connections</th>
            <th scope="col">Published</th>
            <th scope="col">Delivered</th>
            <th scope="col">Memory</th>
          </tr>
        </thead>
        <tbody>
          {nodes.map(({ stats: node, silent }) => (
            <tr key={node.id} data-node={node.id}>
              <th scope="row">{node.id}</th>
              <td>
                <span class="lane-state" data-state={silent ? "silent" : node.isReady ? "live" : "cut"}>
                  {silent ? "silent" : node.isReady ? "ready" : "not ready"}
                </span>
              </td>
              <td>{upText(Date.parse(node.at) - Date.parse(node.startedAt))}</td>
              <td>{connectionsOf(node.connections).toLocaleString("en")}</td>
              <td>{node.published.toLocaleString("en")}</td>
              <td>{node.delivered.toLocaleString("en")}</td>
              <td>{Math.round(node.memoryBytes / 1024 / 1024).toLocaleString("en")} MiB</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function TokenForm({ fault, onToken }: { fault: string; onToken: (token: string) => void }) {
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    onToken((new FormData(event.currentTarget as HTMLFormElement).get("token") as string).trim());
  };
  return (
    <form class="card token" onSubmit={submit}>
      <label for="token">
        A token with the role <b>admin</b>. It is kept until you leave this page.
      </label>
      <textarea id="token" name="token" rows={5} required spellcheck={false} autocomplete="off" aria-describedby="token-fault" />
      <p id="token-fault" class="fault" role="alert">
        {fault}
      </p>
      <button type="submit" class="primary">
        Look
      </button>
    </form>
  );
}
