// The signed-in user. The browser has one session, a cookie that no script can see; this is what the page may know about it.
import { claimsOf } from "../../../../Hub.Client/typescript/src/user";

export interface Session {
  user: string;
  groups: string[];
  name: string;
  /** In ms since 1970; the session is renewed a little earlier. */
  expiresAt: number;
  /** In Development the server signs a token for any user, so the page can renew the session by itself. */
  renewable: boolean;
}

const place = "realtime.session";
const renewAheadMs = 60_000;
const over = "The session is over: sign in again.";

export function signInAsCustomer(id: string): Promise<Session> {
  return signInAs({ user: id, groups: [], name: `Customer ${id}` });
}

export function signInAsTeam(region: string): Promise<Session> {
  return signInAs({ user: `team-${region}`, groups: [region], name: `Team ${capital(region)}` });
}

/** Throws an error with a readable message if the server does not accept the text as a token. */
export async function signInWith(token: string): Promise<Session> {
  const claims = readClaims(token);
  await begin(token);
  return remember({ user: claims.sub, groups: claims.groups ?? [], name: claims.sub, expiresAt: claims.exp * 1000, renewable: false });
}

/**
 * Throws an error with a readable message if the server did not end the session: it is then still valid, and the page must
 * say so.
 */
export async function signOut(): Promise<void> {
  await end();
  localStorage.removeItem(place);
}

/**
 * Called before each connection: renews the cookie if it is about to expire. Throws if only the visitor can renew it, or if
 * another tab has signed out or signed in another user: then the cookie no longer belongs to this session.
 */
export async function keepAlive(session: Session): Promise<void> {
  const current = remembered();
  if (current?.user !== session.user) throw new Error(over);
  if (current.expiresAt - Date.now() > renewAheadMs) return;
  if (!session.renewable) throw new Error(over);
  await renew(session);
}

/** Renews the cookie; the server prolongs all connections of the session. Throws if the session ended in the meantime. */
export async function renew(session: Session): Promise<Session> {
  const renewed = await beginAs(session);
  if (remembered()?.user === session.user) return remember(renewed);
  // The session ended during the renewal. The new cookie must not outlive it.
  await end();
  throw new Error(over);
}

export function remembered(): Session | null {
  try {
    const session = JSON.parse(localStorage.getItem(place) ?? "null") as Session | null;
    return session !== null && (session.renewable || session.expiresAt > Date.now()) ? session : null;
  } catch {
    return null;
  }
}

/** Calls back when another tab has signed in or out: all tabs share the cookie. */
export function onSessionChange(call: (session: Session | null) => void): () => void {
  const listen = (event: StorageEvent) => {
    if (event.key === place || event.key === null) call(remembered());
  };
  addEventListener("storage", listen);
  return () => removeEventListener("storage", listen);
}

/** A token for any user, groups and roles; only in Development. */
export async function devToken(user: string, groups: string[], roles: string[] = []): Promise<{ accessToken: string; expiresAt: string }> {
  const answer = await fetch("dev/token", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ user, groups, roles }),
  });
  if (!answer.ok) throw new Error(`The server gave no token (${answer.status}).`);
  return (await answer.json()) as { accessToken: string; expiresAt: string };
}

export function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

type Reads = Pick<Session, "user" | "groups" | "name">;

async function signInAs(who: Reads): Promise<Session> {
  return remember(await beginAs(who));
}

async function beginAs({ user, groups, name }: Reads): Promise<Session> {
  const { accessToken, expiresAt } = await devToken(user, groups);
  await begin(accessToken);
  return { user, groups, name, expiresAt: Date.parse(expiresAt), renewable: true };
}

async function begin(token: string): Promise<void> {
  const answer = await fetch("api/session", { method: "POST", headers: { Authorization: `Bearer ${token}` } });
  if (!answer.ok) throw new Error(await sentenceOf(answer, "The server refused the token"));
}

async function end(): Promise<void> {
  const answer = await fetch("api/session", { method: "DELETE" }).catch(() => {
    throw new Error("The server does not answer. Try again.");
  });
  if (!answer.ok) throw new Error(await sentenceOf(answer, "The server did not end the session"));
}

/** The server's own message, or ours if a server in between answered. */
async function sentenceOf(answer: Response, otherwise: string): Promise<string> {
  const problem = (await answer.json().catch(() => ({}))) as { detail?: string };
  return problem.detail ?? `${otherwise} (${answer.status}).`;
}

function remember(session: Session): Session {
  localStorage.setItem(place, JSON.stringify(session));
  return session;
}

interface Claims {
  sub: string;
  exp: number;
  groups?: string[];
}

function readClaims(token: string): Claims {
  const claims = claimsOf(token);
  if (typeof claims?.sub === "string" && typeof claims.exp === "number") return claims as unknown as Claims;
  throw new Error("This is no token: three parts with dots between them, the second of which says who (sub) and until when (exp).");
}
