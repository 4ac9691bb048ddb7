import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { keepAlive, onSessionChange, remembered, signInAsCustomer, signInAsTeam, signInWith, signOut, type Session } from "../src/session";
import { loadSettings } from "../src/settings";
import { choose, chosen, nameOf, onChoice, toTry, type Choice } from "../src/transports";
import { answer, begin, full, requests, stored, storedElsewhere } from "./support/browser";

beforeEach(() => {
  begin();
  vi.useFakeTimers({ now: Date.parse("2026-11-22T12:00:00Z"), toFake: ["Date"] });
  answer("POST dev/token", () => Response.json({ accessToken: "signed", expiresAt: "2026-11-22T13:00:00Z" }));
  answer("POST api/session", () => new Response(null, { status: 204 }));
  answer("DELETE api/session", () => new Response(null, { status: 204 }));
});
afterEach(() => vi.useRealTimers());

const encode = (claims: unknown) => `a.${btoa(JSON.stringify(claims))}.c`;
const made = () => requests.map(request => request.what);
const problem = (status: number, body: unknown) => () => Response.json(body, { status });

test("a customer signs in with a token for that customer alone, and is remembered", async () => {
  const session = await signInAsCustomer("AA-10315");
  expect(session).toMatchObject({ user: "AA-10315", groups: [], name: "Customer AA-10315", renewable: true });
  expect(session.expiresAt).toBe(Date.parse("2026-11-22T13:00:00Z"));
  expect(made()).toEqual(["POST dev/token", "POST api/session"]);
  expect(JSON.parse(requests[0]!.init.body as string)).toEqual({ user: "AA-10315", groups: [], roles: [] });
  expect(requests[1]!.init.headers).toEqual({ Authorization: "Bearer signed" });
  expect(remembered()).toEqual(session);
});

test("a region's team reads its group", async () => {
  expect(await signInAsTeam("west")).toMatchObject({ user: "team-west", groups: ["west"], name: "Team West" });
});

test("a visitor's own token says who they are and until when", async () => {
  const exp = Date.parse("2026-11-22T12:30:00Z") / 1000;
  expect(await signInWith(encode({ sub: "alice", exp, groups: ["west"] }))).toEqual({
    ...{ user: "alice", groups: ["west"], name: "alice", expiresAt: exp * 1000, renewable: false },
  });
  expect(made()).toEqual(["POST api/session"]);
});

test.each(["", "text", encode({ sub: "alice" }), encode({ exp: 1 }), "a.b.c"])(
  "%s is refused as no token, without asking the server",
  async text => {
    await expect(signInWith(text)).rejects.toThrow(/^This is no token/);
    expect(requests).toEqual([]);
  },
);

test.each<[string, () => Response, string]>([
  ["the server's own sentence", problem(401, { detail: "The token has expired." }), "The token has expired."],
  ["one of ours where the server gives none", problem(401, {}), "The server refused the token (401)."],
  ["one of ours where a proxy answers", () => new Response("<html>", { status: 502 }), "The server refused the token (502)."],
])("a refused token is told with %s, and nobody is signed in", async (_, refusal, sentence) => {
  answer("POST api/session", refusal);
  await expect(signInAsCustomer("a")).rejects.toThrow(sentence);
  expect(remembered()).toBeNull();
});

test("a server that signs no tokens is told with its status", async () => {
  answer("POST dev/token", problem(404, {}));
  await expect(signInAsCustomer("a")).rejects.toThrow("The server gave no token (404).");
});

test("signing out ends the session on the server, then here", async () => {
  await signInAsCustomer("a");
  await signOut();
  expect(made().at(-1)).toBe("DELETE api/session");
  expect(remembered()).toBeNull();
});

test("a session that the server did not end lasts, and the visitor is told", async () => {
  await signInAsCustomer("a");
  answer("DELETE api/session", problem(503, { detail: "The store does not answer." }));
  await expect(signOut()).rejects.toThrow("The store does not answer.");
  answer("DELETE api/session", () => Promise.reject(new TypeError("Failed to fetch")));
  await expect(signOut()).rejects.toThrow("The server does not answer. Try again.");
  expect(remembered()).not.toBeNull();
});

test("a session is renewed a minute before it expires, not earlier", async () => {
  const session = await signInAsCustomer("a");
  requests.length = 0;
  vi.setSystemTime(Date.parse("2026-11-22T12:58:59Z"));
  await keepAlive(session);
  expect(made()).toEqual([]);
  vi.setSystemTime(Date.parse("2026-11-22T12:59:00Z"));
  await keepAlive(session);
  expect(made()).toEqual(["POST dev/token", "POST api/session"]);
});

test("a session that another tab has renewed is not renewed again", async () => {
  const session = await signInAsCustomer("a");
  stored.set("realtime.session", JSON.stringify({ ...session, expiresAt: Date.parse("2026-11-22T15:00:00Z") }));
  requests.length = 0;
  vi.setSystemTime(Date.parse("2026-11-22T13:30:00Z"));
  await keepAlive(session);
  expect(made()).toEqual([]);
});

test.each<[string, () => void]>([
  ["signed out", () => void stored.delete("realtime.session")],
  ["signed in another user", () => void stored.set("realtime.session", JSON.stringify({ ...remembered(), user: "b" }))],
])("a session is not renewed once a tab has %s", async (_, change) => {
  const session = await signInAsCustomer("a");
  change();
  const left = remembered();
  requests.length = 0;
  vi.setSystemTime(Date.parse("2026-11-22T13:30:00Z"));
  await expect(keepAlive(session)).rejects.toThrow("The session is over: sign in again.");
  expect(made()).toEqual([]);
  expect(remembered()).toEqual(left);
});

test("a session that ends while it is renewed stays ended, and so does its new cookie", async () => {
  const session = await signInAsCustomer("a");
  answer("POST api/session", () => {
    stored.delete("realtime.session");
    return new Response(null, { status: 204 });
  });
  requests.length = 0;
  vi.setSystemTime(Date.parse("2026-11-22T13:30:00Z"));
  await expect(keepAlive(session)).rejects.toThrow("The session is over: sign in again.");
  expect(made()).toEqual(["POST dev/token", "POST api/session", "DELETE api/session"]);
  expect(remembered()).toBeNull();
});

test("the session of a visitor's own token cannot be renewed", async () => {
  const session = await signInWith(encode({ sub: "alice", exp: Date.parse("2026-11-22T12:00:30Z") / 1000 }));
  await expect(keepAlive(session)).rejects.toThrow("The session is over: sign in again.");
});

test("a session that is over is remembered only where it can be renewed", async () => {
  await signInAsCustomer("a");
  vi.setSystemTime(Date.parse("2026-11-23T12:00:00Z"));
  expect(remembered()?.user).toBe("a");
  stored.set("realtime.session", JSON.stringify({ ...remembered(), renewable: false }));
  expect(remembered()).toBeNull();
  stored.set("realtime.session", "{");
  expect(remembered()).toBeNull();
});

test("a tab learns that another one has signed in or out", async () => {
  const seen: (string | undefined)[] = [];
  const stop = onSessionChange(session => void seen.push(session?.user));
  const session: Session = await signInAsCustomer("a");
  storedElsewhere("realtime.session", JSON.stringify({ ...session, user: "b" }));
  storedElsewhere("something.else", "1");
  storedElsewhere("realtime.session", "null");
  stop();
  storedElsewhere("realtime.session", JSON.stringify(session));
  expect(seen).toEqual(["b", undefined]);
});

test("the visitor's choice of a transport is kept, and told to other tabs", () => {
  expect(chosen()).toBe("automatic");
  choose("longPolling");
  expect(chosen()).toBe("longPolling");
  const seen: Choice[] = [];
  const stop = onChoice(choice => void seen.push(choice));
  storedElsewhere("realtime.transport", "webSockets");
  storedElsewhere("realtime.session", "null");
  storedElsewhere("realtime.transport", "carrier pigeon");
  stop();
  expect(seen).toEqual(["webSockets", "automatic"]);
});

test("a storage that is full or forbidden leaves the choice to this tab", () => {
  full.yes = true;
  expect(() => choose("longPolling")).not.toThrow();
  vi.stubGlobal("localStorage", undefined);
  expect(chosen()).toBe("automatic");
});

test("automatic tries all transports, a choice only that one", () => {
  expect(toTry("automatic")).toEqual(["webSockets", "serverSentEvents", "longPolling", "eventSource"]);
  expect(toTry("eventSource")).toEqual(["eventSource"]);
  expect(Object.values(nameOf)).toEqual(["Automatic", "WebSockets", "Server-sent events", "Long polling", "EventSource"]);
});

test("settings that the server does not give are a failure with its status", async () => {
  answer("GET dashboard.json", () => Response.json({ signIn: "token" }));
  expect(await loadSettings()).toMatchObject({ signIn: "token" });
  answer("GET dashboard.json", problem(503, {}));
  await expect(loadSettings()).rejects.toThrow("dashboard.json: 503");
});
