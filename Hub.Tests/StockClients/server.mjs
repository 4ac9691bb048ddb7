// The server under test, as the environment names it, and plain requests to it.
//   HUB_URLS          base addresses, comma between them; taken in turns, so that nothing depends on meeting the same node twice
//   HUB_SIGNING_KEY   the server's Hub:Auth:SigningKey; without it tokens come from POST /dev/token
//   HUB_RETENTION_COUNT   the server's Hub:Retention:Count, if it is not the default
//   HUB_PATIENCE_MS   how long anything may take
import { createHmac, randomUUID } from "node:crypto";

const urls = (process.env.HUB_URLS ?? "http://localhost:5080").split(",").map(url => url.trim().replace(/\/$/, ""));
let turn = 0;

/** How long to wait for what should come, in milliseconds. */
export const patienceMs = Number(process.env.HUB_PATIENCE_MS ?? 20_000);

/** The next of the addresses. */
export const baseUrl = () => urls[turn++ % urls.length];

/** A name that nobody had before. */
export const newName = prefix => `${prefix}-${randomUUID()}`;

/** A token for a user. */
export async function tokenFor(user, { groups = [], roles = [], seconds = 600 } = {}) {
  const key = process.env.HUB_SIGNING_KEY;
  if (key) {
    const part = value => Buffer.from(JSON.stringify(value)).toString("base64url");
    const exp = Math.ceil(Date.now() / 1000) + seconds;
    const signed = `${part({ alg: "HS256", typ: "JWT" })}.${part({ sub: user, groups, role: roles, exp })}`;
    return `${signed}.${createHmac("sha256", key).update(signed).digest("base64url")}`;
  }
  const answer = await send("POST", "/dev/token", { body: { user, groups, roles, expiresInSeconds: seconds } });
  return answer.json.accessToken;
}

/** One request; the answer's status, headers, text and, where it is JSON, that. */
export async function send(method, path, { token, body, headers = {} } = {}) {
  const response = await fetch(baseUrl() + path, {
    method,
    headers: {
      ...(token && { Authorization: `Bearer ${token}` }),
      ...(body !== undefined && { "Content-Type": typeof body === "string" ? "application/x-ndjson" : "application/json" }),
      ...headers,
    },
    body: body === undefined || typeof body === "string" ? body : JSON.stringify(body),
  });
  const text = await response.text();
  const isJson = /\bjson$/.test(response.headers.get("Content-Type")?.split(";")[0] ?? "");
  return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : undefined };
}

const publisher = tokenFor("stock-publisher", { roles: ["publisher"] });

/** Publishes and returns the answer. */
export const tryPublish = async (body, headers) => send("POST", "/api/notifications", { token: await publisher, body, headers });

/** Publishes one notification, which must be accepted. */
export async function publish(to, orderId, data) {
  const answer = await tryPublish({ to, type: "order.created", orderId, data });
  if (answer.status !== 202) throw new Error(`publishing was answered ${answer.status}: ${answer.text}`);
  return answer.json;
}

/** Publishes lines of a batch and returns their answers. */
export async function publishLines(lines) {
  const body = lines.map(line => `${JSON.stringify(line)}\n`).join("");
  const answer = await send("POST", "/api/notifications/batch", { token: await publisher, body });
  if (answer.status !== 200) throw new Error(`the batch was answered ${answer.status}: ${answer.text}`);
  return answer.text.trimEnd().split("\n").map(line => JSON.parse(line));
}
