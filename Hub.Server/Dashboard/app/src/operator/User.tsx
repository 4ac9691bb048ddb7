import { whyNot, type Answer } from "./user";

/** What was found of one user. */
export function User({ answer }: { answer: Answer }) {
  const [user] = answer.users;
  if (user === undefined) return null;
  return (
    <section class="user" aria-label={`User ${user.user}`}>
      <ul class="why">
        {whyNot(answer).map(sentence => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
      <Table
        name="Topics"
        heads={["Topic", "Last number", "Acknowledged", "Unread"]}
        rows={user.topics.map(({ topic, head, acknowledged, unread }) => [topic, head, acknowledged ?? "–", unread])}
      />
      <Table
        name={`Connections (${user.open})`}
        heads={["Node", "Transport", "Since", "Token until", "Behind"]}
        rows={user.connections.map(({ node, transport, since, expiresAt, topics }) => [
          node,
          transport,
          timeText(since),
          timeText(expiresAt),
          topics.length === 0 ? "no subscription" : topics.reduce((total, { behind }) => total + behind, 0),
        ])}
      />
      <Table
        name="Ended"
        heads={["Node", "Transport", "Since", "Until", "Reason"]}
        rows={user.ended.map(({ node, transport, since, at, reason }) => [node, transport, timeText(since), timeText(at), reason])}
      />
    </section>
  );
}

function Table({ name, heads, rows }: { name: string; heads: string[]; rows: (string | number)[][] }) {
  return (
    <div class="found" tabIndex={0} role="region" aria-label={name}>
      <table>
        <caption>{name}</caption>
        <thead>
          <tr>
            {heads.map(head => (
              <th scope="col" key={head}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((cells, row) => (
            <tr key={row}>
              {cells.map((cell, column) => (
                <td key={heads[column]}>{typeof cell === "number" ? cell.toLocaleString("en") : cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const timeText = (time: string) => new Date(time).toLocaleString();
