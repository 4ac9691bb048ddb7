import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import * as limits from "../../src/limits.js";

// The .NET client's limits, from all its folders, and those of its options.
const client = new URL("../../../", import.meta.url).pathname;

const onlyInDotNet: Record<string, string> = {
  answerBytes: "a browser bounds no answer",
  bufferedBytes: "a page cannot see the size of what it is given",
  frameworkConnections: "a browser bounds its connections by itself",
  linkTestMs: "pages sleep in another way: proofMs",
  lookMs: "there are no connections here that reconnect by themselves",
  refusedTokens: "a feed in a page goes on asking: the visitor may sign in again",
  silencesToPassOver: "a page whose timers were slowed cannot tell a silent transport from its own sleep",
  sleptAfterMs: "pages sleep in another way: sleptMs",
  tickMs: "pages sleep in another way: sleepLookMs",
  tokenTimeoutMs: "a page's token counts as a part of the connect",
};

const onlyInTypeScript: Record<string, string> = {
  askLeaderAfterMs: "tabs",
  beatMs: "tabs",
  fewestBufferedItems: "smaller buffers were allowed here from the start",
  firstRecountMs: "what is unread is counted here",
  heldItems: "tabs",
  lateMs: "missed notifications are counted here",
  leaderAnswerMs: "tabs",
  leaderLookMs: "tabs",
  leaderSilenceMs: "tabs",
  leaderSilenceSpreadMs: "tabs",
  longestConnectTimeoutMs: "a page has no option to be more patient, so that the feed becomes it by itself",
  longestRecountMs: "what is unread is counted here",
  mostBufferedItems: "the .NET client checks it where its options are",
  pageItems: "tabs",
  proofMs: "pages sleep",
  sleepLookMs: "pages sleep",
  sleptMs: "pages sleep",
  unreadNearMs: "what is unread is counted here",
  unreadSpreadMs: "tabs",
};

const sources = readdirSync(client, { recursive: true, encoding: "utf8" })
  .filter(name => name.endsWith(".cs"))
  .map(name => readFileSync(`${client}${name}`, "utf8"))
  .filter(text => /\b(class|record) (FeedLimits|OrderFeedOptions)\b/.test(text));

const unitMs: Record<string, number> = { Milliseconds: 1, Seconds: 1_000, Minutes: 60_000, Hours: 3_600_000, Days: 86_400_000 };
const number = (text: string) => text.split("*").reduce((product, factor) => product * Number(factor.replace(/[L_\s]/g, "")), 1);

/** The name in TypeScript: a suffix gives the unit, milliseconds. */
const dotNet = Object.fromEntries([
  ...sources.flatMap(text =>
    [...text.matchAll(/public (?:static readonly )?TimeSpan (\w)(\w*) (?:\{ get; init; \} )?= TimeSpan\.From(\w+)\(([^)]+)\);/g)].map(
      ([, first = "", rest = "", unit = "", value = ""]): [string, number] => [
        `${first.toLowerCase()}${rest}Ms`,
        number(value) * (unitMs[unit] ?? NaN),
      ],
    ),
  ),
  ...sources.flatMap(text =>
    [...text.matchAll(/public (?:const )?(?:int|long|double) (\w)(\w*) (?:\{ get; init; \} )?= ([^;]+);/g)].map(
      ([, first = "", rest = "", value = ""]): [string, number] => [`${first.toLowerCase()}${rest}`, number(value)],
    ),
  ),
]);

const without = (all: Record<string, number>, left: Record<string, string>) =>
  Object.fromEntries(Object.entries(all).filter(([name]) => !(name in left)));

test("both clients have the same limits by the same names", () => {
  expect(sources).toHaveLength(2);
  expect(without({ ...limits }, onlyInTypeScript)).toEqual(without(dotNet, onlyInDotNet));
});

test("what only one of the clients has is one of its limits", () => {
  expect(Object.keys(dotNet)).toEqual(expect.arrayContaining(Object.keys(onlyInDotNet)));
  expect(Object.keys(limits)).toEqual(expect.arrayContaining(Object.keys(onlyInTypeScript)));
});
