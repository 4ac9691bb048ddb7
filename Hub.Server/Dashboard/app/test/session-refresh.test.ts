import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { remembered, signInAsCustomer, signInWith, type Session } from "../src/session";
import { keepFresh } from "../src/session-refresh";
import { answer, begin, requests, stored } from "./support/browser";

const minute = 60_000;
let lifeMs: number;
let stop = () => {};

beforeEach(() => {
  begin();
  lifeMs = 60 * minute;
  vi.useFakeTimers({ now: Date.parse("2026-11-22T12:00:00Z") });
  vi.stubGlobal("navigator", {});
  answer("POST dev/token", () => Response.json({ accessToken: "signed", expiresAt: new Date(Date.now() + lifeMs).toISOString() }));
  answer("POST api/session", () => new Response(null, { status: 204 }));
  answer("DELETE api/session", () => new Response(null, { status: 204 }));
});
afterEach(() => {
  stop();
  vi.useRealTimers();
});

const renewals = () => requests.filter(request => request.what === "POST api/session").length;

async function signedIn(): Promise<Session> {
  const session = await signInAsCustomer("a");
  requests.length = 0;
  stop = keepFresh(session);
  return session;
}

test("a session is renewed two minutes before its end, each time", async () => {
  await signedIn();
  await vi.advanceTimersByTimeAsync(58 * minute - 1);
  expect(renewals()).toBe(0);
  await vi.advanceTimersByTimeAsync(1);
  expect(requests.map(request => request.what)).toEqual(["POST dev/token", "POST api/session"]);
  expect(remembered()?.expiresAt).toBe(Date.parse("2026-11-22T13:58:00Z"));
  await vi.advanceTimersByTimeAsync(58 * minute);
  expect(renewals()).toBe(2);
});

test("a session that is short is renewed at half of its life", async () => {
  lifeMs = 3 * minute;
  await signedIn();
  await vi.advanceTimersByTimeAsync(1.5 * minute - 1);
  expect(renewals()).toBe(0);
  await vi.advanceTimersByTimeAsync(1);
  expect(renewals()).toBe(1);
});

test("a session that another tab has renewed is not renewed again until that one ends", async () => {
  const session = await signedIn();
  stored.set("realtime.session", JSON.stringify({ ...session, expiresAt: session.expiresAt + 30 * minute }));
  await vi.advanceTimersByTimeAsync(88 * minute - 1);
  expect(renewals()).toBe(0);
  await vi.advanceTimersByTimeAsync(1);
  expect(renewals()).toBe(1);
});

test("tabs of a browser with locks renew one after the other, and so once", async () => {
  let last: Promise<unknown> = Promise.resolve();
  const request = (_: string, step: () => Promise<void>) => (last = last.then(step, step));
  vi.stubGlobal("navigator", { locks: { request } });
  const session = await signedIn();
  const stopOther = keepFresh(session);
  await vi.advanceTimersByTimeAsync(58 * minute);
  expect(renewals()).toBe(1);
  stopOther();
});

test("a renewal that fails is tried again before the end, and goes on after it", async () => {
  await signedIn();
  answer("POST api/session", () => new Response(null, { status: 503 }));
  await vi.advanceTimersByTimeAsync(58 * minute);
  expect(renewals()).toBe(1);
  await vi.advanceTimersByTimeAsync(minute);
  expect(renewals()).toBe(2);
  await vi.advanceTimersByTimeAsync(minute);
  const failed = renewals();
  expect(failed).toBeGreaterThan(4);
  answer("POST api/session", () => new Response(null, { status: 204 }));
  await vi.advanceTimersByTimeAsync(2 * minute);
  expect(renewals()).toBe(failed + 1);
  expect(remembered()!.expiresAt).toBeGreaterThan(Date.now());
});

test("a session that a tab has ended is not renewed, nor looked after any longer", async () => {
  await signedIn();
  stored.delete("realtime.session");
  await vi.advanceTimersByTimeAsync(5 * 60 * minute);
  expect(requests).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});

test("a page that is left renews nothing", async () => {
  await signedIn();
  stop();
  await vi.advanceTimersByTimeAsync(5 * 60 * minute);
  expect(requests).toEqual([]);
});

test("the session of a visitor's own token is left alone", async () => {
  const exp = Date.now() / 1000 + 3600;
  const session = await signInWith(`a.${btoa(JSON.stringify({ sub: "alice", exp }))}.c`);
  stop = keepFresh(session);
  expect(vi.getTimerCount()).toBe(0);
});
