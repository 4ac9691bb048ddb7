// Disconnects users, and admits them again.

/** UTF-16 code units, as the server counts. */
export const longestReason = 200;
export const longestUser = 128;

/** How long a user stays out: until it has a newer token, or for a time in which no token helps. */
export const blocks = [
  { name: "until the user has a newer token", hours: 0 },
  { name: "for an hour", hours: 1 },
  { name: "for a day", hours: 24 },
  { name: "for 30 days", hours: 30 * 24 },
] as const;

const answerLimitMs = 10_000;

export interface Disconnection {
  user: string;
  reason: string;
  hours: number;
}

/** Completes when it is stored; throws an error with a sentence if it is not, or may not be. */
export function disconnect(token: string, { user, reason, hours }: Disconnection, now = Date.now()): Promise<void> {
  const blockedUntil = hours > 0 ? new Date(now + hours * 3_600_000).toISOString() : undefined;
  return send("POST", token, user, JSON.stringify({ reason: reason || undefined, blockedUntil }));
}

/** Lets the server accept the user's tokens again. */
export const admit = (token: string, user: string): Promise<void> => send("DELETE", token, user);

async function send(method: "POST" | "DELETE", token: string, user: string, body?: string): Promise<void> {
  let answer;
  try {
    answer = await fetch(`api/admin/disconnect?user=${encodeURIComponent(user)}`, {
      method,
      headers: { Authorization: `Bearer ${token}`, ...(body !== undefined && { "Content-Type": "application/json" }) },
      signal: AbortSignal.timeout(answerLimitMs),
      ...(body !== undefined && { body }),
    });
  } catch (error) {
    throw new Error("The server does not answer. Send it again.", { cause: error });
  }
  if (!answer.ok) throw new Error(await sentenceIn(answer));
}

/** What a refusal says. */
export async function sentenceIn(answer: Response): Promise<string> {
  try {
    const { detail, errors = {} } = (await answer.json()) as { detail: string; errors?: Record<string, string[]> };
    const fields = Object.entries(errors).map(([field, texts]) => `${field}: ${texts.join(" ")}`);
    return fields.length > 0 ? fields.join(" ") : detail;
  } catch {
    return `The server answered ${answer.status}.`;
  }
}
