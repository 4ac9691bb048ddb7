import { beforeEach, expect, test } from "vitest";
import { begin, clock, hub, open } from "../support/lone-feed.js";

beforeEach(begin);

const hourMs = 3_600_000;

/** Publishes for ten seconds by a clock that is off, too fast for a pause to show that the stream is live. */
async function busy(offMs: number, msApart = 100): Promise<void> {
  const began = clock.now();
  for (let n = 0; n < 100; n++) {
    hub.publish(`order ${n}`, undefined, undefined, began + offMs + n * msApart);
    await clock.advance(100);
  }
}

test.each([
  ["behind", -hourMs],
  ["ahead", hourMs],
  ["years behind", -50_000 * hourMs],
])("a busy feed whose publisher's clock is %s is shown as live", async (_, offMs) => {
  const { feed } = await open();
  await busy(offMs);
  expect(feed.state.status).toBe("live");
});

test("a publisher whose clock stands still makes a live feed too", async () => {
  const { feed } = await open();
  await busy(-hourMs, 0);
  expect(feed.state.status).toBe("live");
});

test("what was sent over a longer time than it arrives in is caught up with", async () => {
  const { feed } = await open();
  await busy(-hourMs, 1_000);
  expect(feed.state.status).toBe("catching-up");
});

test("what was missed counts also if it comes late", async () => {
  hub.publish("missed");
  await clock.advance(hourMs);
  const { feed } = await open();
  await clock.advance(1_000);
  expect(feed.state).toMatchObject({ status: "live", caughtUp: 1 });
  hub.publish("late", undefined, undefined, clock.now() - 0.8 * hourMs);
  await clock.advance(1_999);
  hub.publish("later", undefined, undefined, clock.now() - 0.4 * hourMs);
  await clock.advance(2_000);
  expect(feed.state).toMatchObject({ status: "live", caughtUp: 3 });
  hub.publish("by a publisher whose clock is behind", undefined, undefined, clock.now() - hourMs);
  await clock.advance(100);
  expect(feed.state).toMatchObject({ status: "live", caughtUp: 3 });
});

test("nothing is late once something new has come", async () => {
  const { feed } = await open();
  await clock.advance(300);
  hub.publish("new");
  await clock.advance(100);
  hub.publish("by a publisher whose clock is behind", undefined, undefined, clock.now() - hourMs);
  await clock.advance(100);
  expect(feed.state).toMatchObject({ status: "live", caughtUp: 0 });
});

test("what was missed is not new because its publisher's clock is ahead", async () => {
  hub.publish("missed", undefined, undefined, clock.now() + hourMs);
  const { feed } = await open();
  expect(feed.state.status).toBe("catching-up");
  await clock.advance(300);
  expect(feed.state).toMatchObject({ status: "live", caughtUp: 1 });
});
