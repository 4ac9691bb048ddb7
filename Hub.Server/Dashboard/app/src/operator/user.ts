// What all nodes together know of one user.
import { sentenceIn } from "./access";

export interface UserReport {
  user: string;
  unread: number;
  topics: { topic: string; head: number; acknowledged: number | null; unread: number }[];
  /** Open connections; the list below may be shorter. */
  open: number;
  connections: {
    node: string;
    transport: string;
    since: string;
    expiresAt: string;
    topics: { topic: string; sequence: number; behind: number }[];
  }[];
  ended: { node: string; transport: string; since: string; at: string; reason: string }[];
}

export interface Answer {
  users: UserReport[];
  /** Nodes that did not answer. */
  silent: { id: string; reason: string }[];
}

/** A node answers within a second; the store within two for each topic. */
const answerLimitMs = 10_000;

/** Throws an error with a sentence if there is no answer. */
export async function lookUp(token: string, user: string): Promise<Answer> {
  let answer;
  try {
    answer = await fetch(`api/admin/user?user=${encodeURIComponent(user)}`, {
      headers: { Authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(answerLimitMs),
    });
  } catch (error) {
    throw new Error("The server does not answer. Look again.", { cause: error });
  }
  if (!answer.ok) throw new Error(await sentenceIn(answer));
  return (await answer.json()) as Answer;
}

/** Sentences that explain why the user may not see a notification; the most likely reason first. */
export function whyNot({ users: [user], silent }: Answer): string[] {
  if (user === undefined) return [];
  const sentences = [];
  const last = user.ended[0];
  if (user.open === 0) sentences.push(last ? `Not connected: the last connection ended (${last.reason}).` : "Not connected.");
  const behind = user.connections.filter(connection => connection.topics.some(topic => topic.behind > 0)).length;
  if (behind > 0) sentences.push(`${count(behind, "connection")} behind the stored notifications.`);
  const idle = user.connections.filter(connection => connection.topics.length === 0).length;
  if (idle > 0) sentences.push(`${count(idle, "connection")} without a subscription.`);
  if (user.topics.every(topic => topic.head === 0)) sentences.push("No notification was sent to this user.");
  if (silent.length > 0) sentences.push(`${count(silent.length, "node")} did not answer: there may be more connections.`);
  return sentences.length > 0 ? sentences : ["Connected, and all stored notifications were delivered."];
}

const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? "" : "s"}`;
