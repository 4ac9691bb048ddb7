// Who reads. The browser has one session, a cookie that no script can see; this is what the page may know about it.
import { claimsOf } from "../../../../Hub.Client/typescript/src/user";

export interface Session {
  user: string;
  groups: string[];
  name: string;
  /** In ms since 1970; a little before, it is renewed. */
  expiresAt: number;
  /** The server signs it for whoever asks, in Development: so it can be renewed without asking anybody. */
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

/** Throws, with a sentence, if the text is no token that the server takes. */
export async function signInWith(token: string): Promise<Session> {
  const claims = readClaims(token);
  await begin(token);
  return remember({ user: claims.sub, groups: claims.groups ?? [], name: claims.sub, expiresAt: claims.exp * 1000, renewable: false });
}

/** Throws, with a sentence, if the server did not end the session: then it lasts, and the page must not say otherwise. */
export async function signOut(): Promise<void> {
  await end();
  localStorage.removeItem(place);
}

/**
 * Called before each connection: has the cookie renewed when it is about to expire. Throws when that takes the visitor,
 * and when a tab has signed out or signed in another user: then the cookie is no longer this session's to renew.
 */
export async function keepAlive(session: Session): Promise<void> {
  const current = remembered();
  if (current?.user !== session.user) throw new Error(over);
  if (current.expiresAt - Date.now() > renewAheadMs) return;
  if (!session.renewable) throw new Error(over);
  const renewed = await beginAs(session);
  if (remembered()?.user === session.user) {
    remember(renewed);
    return;
  }
  // It ended while it was being renewed. The new cookie must not outlive it.
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

/** Tells when another tab has signed in or out: the cookie is the same for all. */
export function onSessionChange(call: (session: Session | null) => void): () => void {
  const listen = (event: StorageEvent) => {
    if (event.key === place || event.key === null) call(remembered());
  };
  addEventListener("storage", listen);
  return () => removeEventListener("storage", listen);
}

/** A token of Development, for whoever and whatever. */
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

/** The server's own sentence, or ours where something in between answered. */
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
