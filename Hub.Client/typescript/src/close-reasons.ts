/** Why the server closes a stream, as on the wire; a test compares them with the server's own list. */
export const closeReasons = ["draining", "token-expired", "too-slow", "unavailable", "limit", "revoked"] as const;

export type CloseReason = (typeof closeReasons)[number];

/** An operator has disconnected the user, or the browser session was ended. */
export const revoked: CloseReason = "revoked";

/** True if the reason forbids a reconnect. All other reasons, also unknown ones of a newer server, mean "reconnect". */
export const isFinal = (reason: string): boolean => reason === revoked;
