/** Why the server ends a stream, as on the wire; tested against the server's own list. */
export const closeReasons = ["draining", "token-expired", "too-slow", "unavailable", "limit", "revoked"] as const;

export type CloseReason = (typeof closeReasons)[number];

/** A newer server may know more reasons: all but this one mean "come back". */
export const isFinal = (reason: string): boolean => reason === "revoked";
