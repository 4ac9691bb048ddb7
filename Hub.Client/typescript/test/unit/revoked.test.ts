import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { allTransports } from "../../src/index.js";
import { RevokedError } from "../../src/links/link.js";
import { openLink } from "../../src/links/open-link.js";
import { isRevoked } from "../../src/problem.js";
import { begin, clock, hub, open, states } from "../support/lone-feed.js";
import { forNode } from "../support/reading.js";
import * as shared from "../support/shared-feeds.js";

beforeEach(begin);

const problem = { type: "urn:realtime:problem/revoked", title: "Unauthorized", status: 401, detail: "The user was disconnected." };

test("a revoked token is told from other refusals by the type of the problem", () => {
  expect(isRevoked(401, JSON.stringify(problem))).toBe(true);
  expect(isRevoked(401, '{"type":"https://hub.example/problems/revoked"}')).toBe(true);
  expect(isRevoked(401, '{"title":"Unauthorized","detail":"revoked"}')).toBe(false);
  expect(isRevoked(401, '{"type":7}')).toBe(false);
  expect(isRevoked(401, "revoked")).toBe(false);
  expect(isRevoked(401, "null")).toBe(false);
  expect(isRevoked(403, JSON.stringify(problem))).toBe(false);
});

test("a feed whose fresh token is revoked too ends for good", async () => {
  hub.behaviour.webSockets = "revoked";
  let tokens = 0;
  const { feed, ended } = await open({ user: "alice", token: () => `token-${++tokens}` });
  expect(feed.state).toMatchObject({ status: "reconnecting", reason: "The user was disconnected by an operator." });
  await clock.advance(60 * 60_000);
  await ended;
  expect(hub.attempts.map(attempt => attempt.token)).toEqual(["token-1", "token-2"]);
  expect(feed.state).toMatchObject({ status: "closed", reason: "revoked" });
});

test("a feed that was revoked connects with a newer token, and the next time has two tries again", async () => {
  hub.behaviour.webSockets = "revoked";
  const { feed } = await open({}, 0.5);
  hub.behaviour.webSockets = "carries";
  await clock.advance(1_000);
  expect(feed.state.status).toBe("live");
  hub.behaviour.webSockets = "revoked";
  hub.open[0]!.breakOff();
  await clock.advance(500);
  expect(states.at(-1)).toMatchObject({ status: "reconnecting", reason: "The user was disconnected by an operator." });
  hub.behaviour.webSockets = "carries";
  await clock.advance(2_000);
  expect(feed.state.status).toBe("live");
});

test("a server that is away between two refusals is no reason to go on", async () => {
  hub.behaviour.webSockets = "revoked";
  const { feed } = await open({}, 0.5);
  hub.behaviour.webSockets = "away";
  await clock.advance(10_000);
  hub.behaviour.webSockets = "revoked";
  await clock.advance(60_000);
  expect(feed.state).toMatchObject({ status: "closed", reason: "revoked" });
});

test("all tabs of a user who is revoked end", async () => {
  shared.begin();
  const tabs = await shared.openTabs(3);
  shared.hub.behaviour.webSockets = "revoked";
  shared.hub.open[0]!.breakOff();
  await shared.clock.advance(60_000);
  expect(shared.each(tabs, ({ feed }) => [feed.state.status, feed.state.reason])).toEqual(tabs.map(() => ["closed", "revoked"]));
});

describe("A server that refuses", () => {
  let body: unknown;
  const server = createServer((_, answer) =>
    answer.writeHead(401, { "content-type": "application/problem+json" }).end(JSON.stringify(body)),
  );
  beforeEach(() => void vi.unstubAllGlobals());
  afterEach(() => void server.close());

  /** How a link over the transport ends. */
  const endOf = async (transport: (typeof allTransports)[number]) => {
    await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const setup = {
      server: new URL(`http://127.0.0.1:${port}/`),
      token: "t",
      withCredentials: true,
      EventSource: forNode.EventSource,
      clock,
    };
    return await new Promise<Error>(resolve => {
      const link = openLink(transport, setup, { item: () => {}, heard: () => {}, ended: resolve });
      link
        .open()
        .then(() => link.subscribe(null))
        .catch(resolve);
    });
  };

  test.each(allTransports)("a revoked token ends a link over %s with that error", async transport => {
    body = problem;
    expect(await endOf(transport)).toBeInstanceOf(RevokedError);
  });

  test.each(allTransports)("another token ends a link over %s with the answer", async transport => {
    body = { title: "Unauthorized", status: 401, detail: "The token has expired." };
    const error = await endOf(transport);
    expect(error.name).toBe("ServerRefusedError");
    expect(error.message).toBe("The server answered 401: The token has expired.");
  });
});
