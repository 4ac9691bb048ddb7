import { beforeEach, expect, test } from "vitest";
import { lookUp, whyNot, type Answer, type UserReport } from "../../src/operator/user";
import { answer, begin, requests } from "../support/browser";

const target = "GET api/admin/user?user=a%2Fb%2C%20..%3F";
const at = "2026-12-02T12:00:00Z";
const unknownUser: UserReport = { user: "a", unread: 0, topics: [], open: 0, connections: [], ended: [] };

beforeEach(begin);

const answerFor = (user: Partial<UserReport>, silent: Answer["silent"] = []): Answer => ({ users: [{ ...unknownUser, ...user }], silent });
const connection = (...behind: number[]) => ({
  ...{ node: "n", transport: "webSockets", since: at, expiresAt: at },
  topics: behind.map(count => ({ topic: "user:a", sequence: 1, behind: count })),
});

test("a user is named in the query, letter by letter", async () => {
  answer(target, () => Response.json(answerFor({ unread: 3 })));
  expect((await lookUp("token", "a/b, ..?")).users[0]?.unread).toBe(3);
  expect(requests[0]!.init.headers).toEqual({ Authorization: "Bearer token" });
});

test("a refusal is an error with the server's sentence, and so is no answer", async () => {
  answer(target, () => new Response(JSON.stringify({ detail: "Not now." }), { status: 503 }));
  await expect(lookUp("token", "a/b, ..?")).rejects.toThrow("Not now.");
  await expect(lookUp("token", "c")).rejects.toThrow("The server does not answer. Look again.");
});

const sent = [{ topic: "user:a", head: 4, acknowledged: null, unread: 4 }];

test.each<[string, Answer, string[]]>([
  ["a user who is not known", answerFor({}), ["Not connected.", "No notification was sent to this user."]],
  [
    "a user who left",
    answerFor({ topics: sent, ended: [{ node: "n", transport: "eventSource", since: at, at, reason: "revoked" }] }),
    ["Not connected: the last connection ended (revoked)."],
  ],
  [
    "a connection that is behind, and one without a subscription",
    answerFor({ topics: sent, open: 3, connections: [connection(0, 2), connection(), connection(1)] }),
    ["2 connections behind the stored notifications.", "1 connection without a subscription."],
  ],
  [
    "a node that does not answer",
    answerFor({ topics: sent, open: 1, connections: [connection(0)] }, [{ id: "x", reason: "no-answer" }]),
    ["1 node did not answer: there may be more connections."],
  ],
  [
    "a user who has everything",
    answerFor({ topics: sent, open: 1, connections: [connection(0)] }),
    ["Connected, and all stored notifications were delivered."],
  ],
])("why a user may not see an order: %s", (_, found, sentences) => expect(whyNot(found)).toEqual(sentences));
