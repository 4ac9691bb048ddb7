export const unauthorized = 401;

/** The hub's explanation of a refusal (RFC 9457), for people: its fields, else its detail, else only the status. */
export function explain(status: number, body: string): string {
  try {
    const { title, detail, errors } = JSON.parse(body) as { title?: string; detail?: string; errors?: Record<string, string[]> };
    const fields = Object.entries(errors ?? {})
      .map(([field, mistakes]) => `${field}: ${mistakes.join(" ")}`)
      .join(" · ");
    return `${status}: ${fields || (detail ?? title ?? "")}`;
  } catch {
    // A server in between answered: use the start of its text, unless that is an HTML page.
    return body === "" || body.startsWith("<") ? `${status}` : `${status}: ${briefly(body)}`;
  }
}

/** Whether the hub refuses this token because an operator has disconnected its user. */
export function isRevoked(status: number, body: string): boolean {
  if (status !== unauthorized) return false;
  try {
    const { type } = JSON.parse(body) as { type?: unknown };
    return typeof type === "string" && type.endsWith("/revoked");
  } catch {
    return false;
  }
}

const briefly = (text: string): string => (text.length > 200 ? `${text.slice(0, 200)}…` : text);
