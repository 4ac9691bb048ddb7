import { beforeEach, expect, test } from "vitest";
import { admit, disconnect } from "../../src/operator/access";
import { answer, begin, requests } from "../support/browser";

const now = Date.parse("2026-12-02T12:00:00Z");
const target = "api/admin/disconnect?user=a%2Fb%2C%20..%3F";

beforeEach(begin);

test("a user is named in the query, letter by letter, and the reason and the block in the body", async () => {
  answer(`POST ${target}`, () => new Response(null, { status: 202 }));
  await disconnect("token", { user: "a/b, ..?", reason: "left", hours: 24 }, now);
  const { init } = requests[0]!;
  expect(init.headers).toEqual({ Authorization: "Bearer token", "Content-Type": "application/json" });
  expect(JSON.parse(init.body as string)).toEqual({ reason: "left", blockedUntil: "2026-12-03T12:00:00.000Z" });
});

test("what is not given is not sent", async () => {
  answer(`POST ${target}`, () => new Response(null, { status: 202 }));
  await disconnect("token", { user: "a/b, ..?", reason: "", hours: 0 }, now);
  expect(requests[0]!.init.body).toBe("{}");
});

test("a user is admitted without a body", async () => {
  answer(`DELETE ${target}`, () => new Response(null, { status: 202 }));
  await admit("token", "a/b, ..?");
  expect(requests[0]!.init.body).toBeUndefined();
});

test.each([
  [503, { detail: "Not confirmed. Send it again." }, "Not confirmed. Send it again."],
  [400, { detail: "Validation failed; see errors.", errors: { user: ["Too long."] } }, "user: Too long."],
  [502, "<html>", "The server answered 502."],
])("a refusal (%d) is an error with the server's sentence", async (status, body, sentence) => {
  answer(`DELETE ${target}`, () => new Response(typeof body === "string" ? body : JSON.stringify(body), { status }));
  await expect(admit("token", "a/b, ..?")).rejects.toThrow(sentence);
});

test("no answer is an error that says what to do", async () => {
  await expect(admit("token", "a/b, ..?")).rejects.toThrow("The server does not answer. Send it again.");
});
