import { createServer as createHub, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { createServer, type ViteDevServer } from "vite";

// npm run dev, next to a server that echoes the requested path.
let hub: Server;
let dev: ViteDevServer;
let address: string;

beforeAll(async () => {
  hub = createHub((request, response) => response.end(`hub: ${request.url}`));
  await new Promise<void>(resolve => hub.listen(0, "127.0.0.1", resolve));
  vi.stubEnv("HUB_SERVER", `http://127.0.0.1:${(hub.address() as AddressInfo).port}`);
  dev = await createServer({
    server: { host: "127.0.0.1", port: 0 },
    optimizeDeps: { noDiscovery: true },
    logLevel: "error",
    cacheDir: "node_modules/.vite-test",
  });
  await dev.listen();
  address = `http://127.0.0.1:${(dev.httpServer!.address() as AddressInfo).port}`;
}, 60_000);

afterAll(async () => {
  await dev.close();
  hub.close();
});

test("the page and the client's sources are served as they are", async () => {
  const page = await (await fetch(`${address}/src/reading.ts`)).text();
  const client = /"(\/@fs\/[^"]*typescript\/src\/index\.ts[^"]*)"/.exec(page)?.[1];
  expect(client).toBeDefined();
  expect((await fetch(`${address}${client}`)).status).toBe(200);
});

test.each(["/api/notifications", "/hubs/orders/negotiate", "/dev/token", "/dashboard.json"])("%s goes to the server", async path => {
  expect(await (await fetch(`${address}${path}`)).text()).toBe(`hub: ${path}`);
});
