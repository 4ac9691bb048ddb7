import { beforeEach, expect, test } from "vitest";
import { lookUp, whyNot, type Answer, type UserReport } from "../../src/operator/user";
import { answer, begin, requests } from "../support/browser";

const target = "GET api/admin/user?user=a%2Fb%2C%20..%3F";
const at = "2026-12-02T12:00:00Z";
const nobody: UserReport = { user: "a", unread: 0, topics: [], open: 0, connections: [], ended: [] };

beforeEach(begin);

const of = (user: Partial<UserReport>, silent: Answer["silent"] = []): Answer => ({ users: [{ ...nobody, ...user }], silent });
const connection = (...behind: number[]) => ({
  ...{ node: "n", transport: "webSockets", since: at, expiresAt: at },
  topics: behind.map(count => ({ topic: "user:a", sequence: 1, behind: count })),
});

test("a user is named in the query, letter by letter", async () => {
  answer(target, () => Response.json(of({ unread: 3 })));
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
  ["nobody", of({}), ["Not connected.", "Nothing was ever sent to this user."]],
  [
    "one who left",
    of({ topics: sent, ended: [{ node: "n", transport: "eventSource", since: at, at, reason: "revoked" }] }),
    ["Not connected: the last connection ended (revoked)."],
  ],
  [
    "one who is behind, and one without a subscription",
    of({ topics: sent, open: 3, connections: [connection(0, 2), connection(), connection(1)] }),
    ["2 connections behind what is stored.", "1 connection without a subscription."],
  ],
  [
    "a node that is silent",
    of({ topics: sent, open: 1, connections: [connection(0)] }, [{ id: "x", reason: "no-answer" }]),
    ["1 node did not answer: there may be more connections."],
  ],
  [
    "one who has everything",
    of({ topics: sent, open: 1, connections: [connection(0)] }),
    ["Connected, and everything that is stored was handed over."],
  ],
])("why a user may not see an order: %s", (_, found, sentences) => expect(whyNot(found)).toEqual(sentences));
