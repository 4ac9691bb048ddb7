// Who reads. Kept while the tab is open, so that a reload stays signed in.

export type Session =
  /** Anybody the visitor likes to be: the server signs it, in Development. */
  | { kind: 'dev'; name: string; user: string; groups: string[] }
  | { kind: 'token'; name: string; user: string; token: string };

const place = 'realtime.session';

export function customer(id: string): Session {
  return { kind: 'dev', name: `Customer ${id}`, user: id, groups: [] };
}

export function team(region: string): Session {
  return { kind: 'dev', name: `Team ${region[0]?.toUpperCase()}${region.slice(1)}`, user: `team-${region}`, groups: [region] };
}

/** Throws, with a sentence, if the text is no token that names a user. */
export function bearer(text: string): Session {
  const token = text.trim();
  try {
    const payload = JSON.parse(fromBase64Url(token.split('.')[1] ?? '')) as { sub?: unknown };
    if (typeof payload.sub === 'string') return { kind: 'token', name: payload.sub, user: payload.sub, token };
  } catch { /* said below */ }
  throw new Error('This is no token: three parts with dots between them, the second of which names a user (sub).');
}

/** A token that is good now. */
export async function tokenOf(session: Session): Promise<string> {
  if (session.kind === 'token') return session.token;
  const answer = await fetch('/dev/token', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ user: session.user, groups: session.groups }),
  });
  if (!answer.ok) throw new Error(`the server gave no token (${answer.status})`);
  return ((await answer.json()) as { accessToken: string }).accessToken;
}

export function remembered(): Session | null {
  const text = sessionStorage.getItem(place);
  return text === null ? null : JSON.parse(text) as Session;
}

export function remember(session: Session | null): void {
  if (session === null) sessionStorage.removeItem(place);
  else sessionStorage.setItem(place, JSON.stringify(session));
}

function fromBase64Url(text: string): string {
  const bytes = Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), character => character.charCodeAt(0));
  return new TextDecoder().decode(bytes);
}
