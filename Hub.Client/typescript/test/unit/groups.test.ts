import { beforeEach, expect, test } from "vitest";
import { begin, clock, hub, open, orders, states } from "../support/lone-feed.js";
import { settle } from "../support/manual-clock.js";
import * as shared from "../support/shared-feeds.js";

// A user's groups change while the stream runs: the server says so with a position that differs from that of the last item.
beforeEach(begin);

const west = "group:west";

/** Notifications that are stored while the reader is not in the group. */
function miss(topic: string, ...ids: string[]): void {
  const link = hub.open[0]!;
  link.lose.push(...ids);
  for (const id of ids) hub.publish(id, topic);
}

/** The position after `at` notifications, written as no item writes it: the set of topics is another one. */
const changed = (at: number) => ({ cursor: `${at}.0` });

test("a group that was left and joined again continues at its latest, on the same stream", async () => {
  const { feed } = await open();
  hub.publish("a", west);
  await clock.advance(1_000);
  hub.open[0]!.say(changed(1));
  miss(west, "while away", "away too");
  hub.open[0]!.say(changed(3));
  hub.publish("b", west);
  await settle();
  expect(orders).toEqual(["a", "b"]);
  expect(hub.open[0]!.subscriptions).toEqual([null]);
  expect(feed.state.status).toBe("live");
  expect(states.map(state => state.status)).not.toContain("reconnecting");
});

test("so does one that was joined again while the feed was not connected", async () => {
  await open({}, 0);
  hub.publish("a", west);
  await settle();
  miss(west, "while away");
  hub.publish("own");
  hub.open[0]!.breakOff();
  hub.topicsMark = ".0";
  await clock.advance(1_000);
  hub.publish("b", west);
  await settle();
  expect(orders).toEqual(["a", "own", "b"]);
  expect(hub.open[0]!.subscriptions).toEqual(["3"]);
});

test.each(["user:alice", "all"])("a notification of %s that is lost after the groups have changed is fetched all the same", async topic => {
  await open();
  hub.publish("a", topic);
  await settle();
  hub.open[0]!.say(changed(1));
  miss(topic, "b");
  hub.publish("c", topic);
  await settle();
  expect(orders).toEqual(["a", "b", "c"]);
  expect(hub.open[0]!.subscriptions).toEqual([null, "1.0"]);
});

test("a heartbeat does not hide that a notification of a group was lost", async () => {
  await open();
  hub.publish("a", west);
  await settle();
  miss(west, "b");
  hub.open[0]!.say({ cursor: "1" });
  hub.publish("c", west);
  await settle();
  expect(orders).toEqual(["a", "b", "c"]);
});

test("tabs that share a connection do not read the log when the groups change", async () => {
  shared.begin();
  const tabs = await shared.openTabs(2);
  shared.hub.publish("a", west);
  await shared.clock.advance(1_000);
  const [link] = shared.hub.open;
  const { pages } = shared.hub;
  link!.lose.push("while away");
  shared.hub.publish("while away", west);
  link!.say(changed(2));
  shared.hub.publish("b", west);
  await shared.clock.advance(1_000);
  expect(shared.each(tabs, ({ orders: got }) => got)).toEqual([
    ["a", "b"],
    ["a", "b"],
  ]);
  expect(shared.hub.pages).toBe(pages);
  expect(link!.subscriptions).toHaveLength(1);
});
