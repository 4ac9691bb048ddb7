import { createServer, request, type IncomingMessage } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../support/eventually.js";
import { read } from "../support/reading.js";
import { freePort, newUser, Server } from "../support/server.js";

let server: Server;
beforeAll(async () => (server = await Server.start()));
afterAll(() => server.stop());

/**
 * A proxy that loses the body of the first long poll that contains a text, as a broken hop does: the response still looks
 * complete.
 */
async function losingProxy(text: string) {
  const lost: string[] = [];
  const proxy = createServer((incoming, outgoing) => {
    const upstream = request(new URL(incoming.url!, server.address), { method: incoming.method!, headers: incoming.headers }, answer => {
      void bodyOf(answer).then(body => {
        const loses = lost.length === 0 && incoming.method === "GET" && body.includes(text);
        if (loses) lost.push(body.toString());
        outgoing.writeHead(answer.statusCode!, loses ? { "content-length": 0 } : answer.headers).end(loses ? undefined : body);
      });
    });
    outgoing.on("close", () => upstream.destroy());
    upstream.on("error", () => outgoing.destroy());
    incoming.pipe(upstream);
  });
  const port = await freePort();
  await new Promise<void>(resolve => proxy.listen(port, "127.0.0.1", resolve));
  return { address: `http://127.0.0.1:${port}`, lost, stop: () => (proxy.closeAllConnections(), proxy.close()) };
}

async function bodyOf(answer: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of answer) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

test("an order whose long poll's answer was lost on the way comes from the log, without a gap and without another connection", async () => {
  const user = newUser();
  const proxy = await losingProxy("the-lost-one");
  const reading = read(proxy.address, user, { transports: ["longPolling"] });
  await eventually("it is live", () => reading.feed.state.status === "live");
  await server.publish(user, "a");
  await eventually("the first came", () => reading.orders.length === 1);
  await server.publish(user, "the-lost-one");
  await eventually("an answer was lost", () => proxy.lost.length === 1);
  await server.publish(user, "c");
  await eventually("all came", () => reading.orders.length >= 3);
  expect(reading.ids()).toEqual(["a", "the-lost-one", "c"]);
  expect(reading.gaps).toEqual([]);
  expect(reading.states.filter(state => state.status === "connecting")).toHaveLength(1);
  reading.feed.close();
  await reading.ended;
  proxy.stop();
});
