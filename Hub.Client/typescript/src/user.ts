/** The user of a token (its `sub`), or null. */
export function userOf(token: string): string | null {
  const sub = claimsOf(token)?.sub;
  return typeof sub === "string" && sub.length > 0 ? sub : null;
}

/** When a token ends (its `exp`), in ms since 1970, or null. */
export function expiryOf(token: string): number | null {
  const exp = claimsOf(token)?.exp;
  return typeof exp === "number" && Number.isFinite(exp) ? exp * 1_000 : null;
}

/** The claims of a token, or null if it is no JWT. Not verified: the server does that; here they only supply names and times. */
export function claimsOf(token: string): Readonly<Record<string, unknown>> | null {
  const payload = token.split(".")[1];
  if (payload === undefined) return null;
  try {
    const bytes = Uint8Array.from(atob(payload.replace(/-/g, "+").replace(/_/g, "/")), char => char.charCodeAt(0));
    const claims: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof claims === "object" && claims !== null ? (claims as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
