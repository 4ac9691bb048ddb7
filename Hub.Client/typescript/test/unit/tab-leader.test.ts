import { beforeEach, describe, expect, test } from "vitest";
import { OrderFeed } from "../../src/index.js";
import { FakePage } from "../support/fake-page.js";
import { settle } from "../support/manual-clock.js";
import { mint } from "../support/server.js";
import { begin, browser, clock, cursorStore, each, hub, openTabs, random, type Tab } from "../support/shared-feeds.js";

beforeEach(() => begin());

test("twelve tabs have one connection, and all of them are live", async () => {
  const tabs = await openTabs(12);
  hub.publish("a");
  hub.publish("b");
  await clock.advance(1_000);
  expect(hub.open).toHaveLength(1);
  expect(each(tabs, ({ orders }) => orders)).toEqual(tabs.map(() => ["a", "b"]));
  expect(each(tabs, ({ feed }) => `${feed.state.status} ${feed.state.transport} ${feed.state.sharing}`)).toEqual(
    tabs.map((_, i) => (i === 0 ? "live webSockets leading" : "live webSockets following")),
  );
  expect(each(tabs, ({ feed }) => feed.state.node)).toEqual(tabs.map(() => hub.node));
});

describe("When the leader", () => {
  async function publishAcross(happens: (leader: Tab) => void, silence: number) {
    const tabs = await openTabs(4);
    hub.publish("before");
    await clock.advance(1_000);
    happens(tabs[0]!);
    hub.publish("between");
    await clock.advance(silence);
    hub.publish("after");
    await clock.advance(1_000);
    return tabs;
  }

  test("closes, the next tab takes over at once, without loss or doubles", async () => {
    const tabs = await publishAcross(leader => leader.feed.close(), 500);
    expect(each(tabs.slice(1), ({ orders }) => orders)).toEqual(tabs.slice(1).map(() => ["before", "between", "after"]));
    expect(tabs[1]!.feed.state.sharing).toBe("leading");
    expect(hub.open).toHaveLength(1);
    expect(tabs[0]!.links[0]!.isClosed).toBe(true);
  });

  test("crashes, the next tab takes over at once, without loss or doubles", async () => {
    const tabs = await publishAcross(leader => leader.kill(), 500);
    expect(each(tabs.slice(1), ({ orders }) => orders)).toEqual(tabs.slice(1).map(() => ["before", "between", "after"]));
    expect(hub.open).toHaveLength(1);
  });

  test("freezes, another one takes the lock after 6 s of silence, and the frozen one closes its link when it wakes", async () => {
    // Its last heartbeat may be up to 2 s old.
    const tabs = await publishAcross(leader => leader.tab.freeze(), 2_500);
    expect(each(tabs, ({ orders }) => orders)).toEqual(tabs.map(() => ["before"]));
    await clock.advance(5_000);
    const awake = tabs.slice(1);
    expect(each(awake, ({ orders }) => orders)).toEqual(awake.map(() => ["before", "between", "after"]));
    expect(each(awake, ({ feed }) => feed.state.sharing).filter(sharing => sharing === "leading")).toHaveLength(1);
    hub.publish("while frozen");
    await settle();

    await tabs[0]!.tab.thaw();
    await clock.advance(3_000);
    hub.publish("thawed");
    await clock.advance(1_000);
    expect(hub.open).toHaveLength(1);
    expect(tabs[0]!.links[0]!.isClosed).toBe(true);
    expect(tabs[0]!.feed.state.sharing).toBe("following");
    expect(each(tabs, ({ orders }) => orders)).toEqual(tabs.map(() => ["before", "between", "after", "while frozen", "thawed"]));
  });

  test("is revoked, all tabs are", async () => {
    const tabs = await openTabs(3);
    hub.sendAway("revoked", 0);
    await clock.advance(20_000);
    expect(each(tabs, ({ feed }) => [feed.state.status, feed.state.reason])).toEqual(tabs.map(() => ["closed", "revoked"]));
    expect(hub.attempts).toHaveLength(1);
  });

  test("goes into the back/forward cache, another one leads; coming back it follows and has missed nothing", async () => {
    const tabs = await openTabs(3);
    tabs[0]!.page.happens("hide");
    await settle();
    expect(tabs[0]!.tab.channels).toEqual([]);
    expect(tabs[0]!.tab.leads).toBe(false);
    await clock.advance(1_000);
    hub.publish("a");
    await clock.advance(1_000);
    expect(tabs[0]!.orders).toEqual([]);
    tabs[0]!.page.happens("return");
    await clock.advance(1_000);
    hub.publish("b");
    await clock.advance(1_000);
    expect(each(tabs, ({ orders }) => orders)).toEqual(tabs.map(() => ["a", "b"]));
    expect(hub.open).toHaveLength(1);
    expect(tabs[0]!.feed.state.sharing).toBe("following");
  });

  test("loses its connection, all tabs show the countdown, and it goes on leading", async () => {
    const tabs = await openTabs(3);
    hub.open[0]!.breakOff("cut");
    await settle();
    expect(each(tabs, ({ feed }) => [feed.state.status, feed.state.reason])).toEqual(tabs.map(() => ["reconnecting", "cut"]));
    hub.publish("a");
    await clock.advance(3_000);
    expect(each(tabs, ({ feed }) => feed.state.status)).toEqual(tabs.map(() => "live"));
    expect(each(tabs, ({ orders }) => orders)).toEqual(tabs.map(() => ["a"]));
    expect(tabs[0]!.feed.state.sharing).toBe("leading");
  });

  test("has slowed timers because it is hidden, but answers, it is left in peace", async () => {
    const [leader, follower] = (await openTabs(2)) as [Tab, Tab];
    // Only what it posts in response to messages gets out: its timers are practically stopped.
    const channel = leader.tab.channels[0]!;
    const send = channel.post.bind(channel);
    let answering = false;
    const hear = channel.onMessage;
    channel.onMessage = message => {
      answering = true;
      hear(message);
      answering = false;
    };
    channel.post = message => {
      if (answering) send(message);
    };
    await clock.advance(120_000);
    expect(leader.feed.state.sharing).toBe("leading");
    expect(follower.feed.state.sharing).toBe("following");
  });
});

test("reconnecting is the leader's business, whoever asks for it", async () => {
  const tabs = await openTabs(2);
  tabs[1]!.feed.reconnectNow();
  await settle();
  expect(hub.attempts).toHaveLength(2);
  expect(tabs[0]!.feed.state.sharing).toBe("leading");
});

test("a page that is shown again lets its leader test the link, which may be hidden", async () => {
  const tabs = await openTabs(2);
  hub.open[0]!.answers = false;
  tabs[1]!.page.happens("wake");
  await clock.advance(4_900);
  expect(hub.attempts).toHaveLength(1);
  await clock.advance(2_000);
  expect(hub.attempts).toHaveLength(2);
});

test("where the browser has no locks, each tab connects by itself and says so", async () => {
  const tab = browser.tab();
  const feed = new OrderFeed({
    server: "http://hub.test",
    token: () => mint("alice"),
    cursorStore,
    shareTabs: true,
    environment: {
      clock,
      page: new FakePage(),
      random,
      openLink: hub.openLink,
      tabs: { openChannel: name => tab.openChannel(name), locks: { request: () => Promise.reject(new Error("SecurityError")) } },
    },
  });
  void feed.run(() => {});
  await clock.advance(1_000);
  expect(feed.state).toMatchObject({ status: "live", sharing: "unavailable" });
});

test("whatever happens to the tabs, each gets everything once and in order", async () => {
  for (let round = 1; round <= 30; round++) {
    begin(round * 7_919);
    const tabs = await openTabs(4);
    const frozen = new Set<Tab>();
    for (let step = 0; step < 40; step++) {
      const tab = tabs[Math.floor(random() * tabs.length)]!;
      const dice = random();
      if (dice < 0.5) hub.publish(`${round}-${step}`, hub.topics[Math.floor(random() * 2)]);
      else if (dice < 0.6 && frozen.delete(tab)) await tab.tab.thaw();
      else if (dice < 0.6) {
        frozen.add(tab);
        tab.tab.freeze();
      } else if (dice < 0.7) hub.open[0]?.breakOff();
      else if (dice < 0.75 && !frozen.has(tab)) {
        tab.page.happens("hide");
        await clock.advance(random() * 3_000);
        tab.page.happens("return");
      } else if (dice < 0.8) hub.sendAway("draining", random() * 2_000);
      await clock.advance(random() * 4_000);
    }
    for (const tab of frozen) await tab.tab.thaw();
    await clock.advance(60_000);
    hub.publish("last");
    await clock.advance(5_000);
    const expected = hub.log.map(entry => entry.orderId);
    expect(
      each(tabs, ({ orders }) => orders),
      `round ${round}`,
    ).toEqual(tabs.map(() => expected));
    expect(hub.open, `round ${round}`).toHaveLength(1);
  }
});
