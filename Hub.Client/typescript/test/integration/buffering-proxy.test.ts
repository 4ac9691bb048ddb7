import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BufferingProxy } from "../support/buffering-proxy.js";
import { eventually } from "../support/eventually.js";
import { read } from "../support/reading.js";
import { newUser, Server } from "../support/server.js";

let server: Server;
beforeAll(async () => (server = await Server.start()));
afterAll(() => server.stop());

describe.concurrent.each([
  ["lets the head of an event stream through and nothing of its body", false],
  ["lets nothing of an event stream through", true],
])("Behind a proxy that refuses WebSockets and %s", (_, headersToo) => {
  test("long polling carries soon, and is what the next connect begins with", async () => {
    const proxy = await BufferingProxy.start(server.address, headersToo);
    const user = newUser();
    const reading = read(proxy.address, user);
    await eventually("it is live", () => reading.feed.state.status === "live", 45_000);
    expect(reading.feed.state.transport).toBe("longPolling");
    expect(proxy.streams).toBe(1);
    await server.publish(user, "a");
    await eventually("the order came", () => reading.orders.length === 1);

    reading.feed.reconnectNow();
    await eventually("it is live again", () => reading.states.filter(state => state.status === "live").length === 2);
    expect(proxy.streams).toBe(1);
    reading.feed.close();
    await reading.ended;
    await proxy.stop();
  });
});

test.concurrent("EventSource alone goes on trying, and says what is wrong", async () => {
  const proxy = await BufferingProxy.start(server.address, true);
  const reading = read(proxy.address, newUser(), { transports: ["eventSource"] });
  await eventually("the reason is shown", () => reading.states.some(state => /Nothing came within 10000 ms/.test(state.reason ?? "")));
  reading.feed.close();
  await reading.ended;
  await proxy.stop();
});
