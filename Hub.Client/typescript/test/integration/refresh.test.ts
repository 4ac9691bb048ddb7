import { createServer, request } from "node:http";
import type { Duplex } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../support/eventually.js";
import { read, type Reading } from "../support/reading.js";
import { freePort, mint, newUser, Server } from "../support/server.js";

let server: Server;
beforeAll(async () => (server = await Server.start()));
afterAll(() => server.stop());

const hubTransports = ["webSockets", "serverSentEvents", "longPolling"] as const;
const lifeMs = 10_000;

/** Passes requests on, and notes them. */
async function watchingProxy() {
  const requests: string[] = [];
  const sockets = new Set<Duplex>();
  const forward = (url: string, method: string, headers: NodeJS.Dict<string | string[]>) =>
    request(new URL(url, server.address), { method, headers });
  const proxy = createServer((incoming, outgoing) => {
    requests.push(incoming.url!);
    const upstream = forward(incoming.url!, incoming.method!, incoming.headers).on("response", answer => {
      outgoing.writeHead(answer.statusCode!, answer.headers).flushHeaders();
      answer.pipe(outgoing);
    });
    upstream.on("error", () => outgoing.destroy());
    outgoing.on("close", () => upstream.destroy());
    incoming.pipe(upstream);
  });
  proxy.on("upgrade", (incoming, socket: Duplex) => {
    const upstream = forward(incoming.url!, "GET", incoming.headers).on("upgrade", (answer, far) => {
      const headers = Object.entries(answer.headers).map(([name, value]) => `${name}: ${String(value)}\r\n`);
      socket.write(`HTTP/1.1 101 Switching Protocols\r\n${headers.join("")}\r\n`);
      far.pipe(socket).pipe(far);
      for (const end of [socket, far]) {
        sockets.add(end);
        end.on("error", () => {});
      }
    });
    upstream.end();
  });
  const port = await freePort();
  await new Promise<void>(resolve => proxy.listen(port, "127.0.0.1", resolve));
  const stop = () => {
    for (const socket of sockets) socket.destroy();
    proxy.closeAllConnections();
    proxy.close();
  };
  return { address: `http://127.0.0.1:${port}`, requests, stop };
}

/** A reader over one transport whose tokens live for {@link lifeMs}, each in the groups that are given now. */
async function reader(transport: (typeof hubTransports)[number]) {
  const [user, proxy] = [newUser(), await watchingProxy()];
  const access = { groups: [] as string[], tokens: [] as string[] };
  const token = () => {
    const made = mint(user, { groups: access.groups, exp: (Date.now() + lifeMs) / 1_000, jti: String(access.tokens.length) });
    access.tokens.push(made);
    return made;
  };
  const reading: Reading = read(proxy.address, user, { transports: [transport], token });
  await eventually("it is live", () => reading.feed.state.status === "live");
  return { user, proxy, access, reading };
}

const published = async (user: string, group: string, i: number) => {
  await server.publishTo({ users: [user] }, `own-${i}`);
  await server.publishTo({ groups: [group] }, `group-${i}`);
};

// All at once: most of the time is waiting for tokens to end.
test("a connection over any transport outlives its tokens, and follows the user's groups, without a loss, a double or a reconnect", async () => {
  await Promise.all(
    hubTransports.map(async transport => {
      const { user, proxy, access, reading } = await reader(transport);
      const group = `group-${user}`;
      const began = Date.now();
      await published(user, group, 0);
      const refreshed = (count: number) => eventually(`${transport}: token ${count + 1} is used`, () => access.tokens.length > count + 1);
      access.groups = [group];
      // Identified with the first token, connected with the second.
      await refreshed(1);
      await eventually("the group is followed", async () => {
        await server.publishTo({ groups: [group] }, "probe");
        return reading.ids().includes("probe");
      });
      await published(user, group, 1);
      access.groups = [];
      await refreshed(2);
      await eventually("the second has ended", () => Date.now() > began + lifeMs + 1_000);
      await published(user, group, 2);
      access.groups = [group];
      const before = access.tokens.length;
      await eventually("a token has the group again", () => access.tokens.length > before);
      await eventually("the group is followed again", async () => {
        await server.publishTo({ groups: [group] }, "probe");
        return reading.ids().at(-1) === "probe";
      });
      await published(user, group, 3);
      await eventually("the last came", () => reading.ids().includes("own-3") && reading.ids().includes("group-3"));
      expect(reading.ids().filter(id => id !== "probe")).toEqual(["own-0", "own-1", "group-1", "own-2", "own-3", "group-3"]);
      expect(new Set(reading.orders.map(order => order.id)).size).toBe(reading.orders.length);
      expect(reading.gaps).toEqual([]);
      expect(reading.states.map(state => state.status)).not.toContain("reconnecting");
      expect(proxy.requests.filter(url => url.includes("/negotiate?"))).toHaveLength(1);
      reading.feed.close();
      await reading.ended;
      proxy.stop();
    }),
  );
});
