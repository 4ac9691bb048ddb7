import { expect, test } from "vitest";
import { OrderFeed, type OrderFeedOptions } from "../../src/index.js";
import { userOf } from "../../src/user.js";
import { mint } from "../support/server.js";

const good: OrderFeedOptions = { server: "http://hub.test", token: () => "t" };

test.each<[string, OrderFeedOptions, RegExp]>([
  ["no server outside a page", { token: () => "t" }, /options\.server is missing/],
  ["a server that is no address", { ...good, server: "http://" }, /not an address/],
  ["a server of another kind", { ...good, server: "ftp://hub.test" }, /must begin with http/],
  ["nobody to speak for", { server: "http://hub.test" }, /options\.token, or options\.user/],
  ["no transport", { ...good, transports: [] }, /name at least one/],
  ["an unknown transport", { ...good, transports: ["carrierPigeon" as "longPolling"] }, /carrierPigeon, which is none/],
  ["a transport twice", { ...good, transports: ["longPolling", "longPolling"] }, /twice/],
  ["a buffer for one", { ...good, bufferedItems: 1 }, /from 2 to 1,000,000/],
  ["a buffer beyond the limit", { ...good, bufferedItems: 1_000_001 }, /from 2 to 1,000,000/],
])("%s is refused with what to change", (_, options, message) => {
  expect(() => new OrderFeed(options)).toThrow(message);
});

test("a token names its user, whatever letters that has", () => {
  expect(userOf(mint("Åsa 日本 ?>"))).toBe("Åsa 日本 ?>");
  const payloads = ["7", "{}", '{"sub":7}', '{"sub":""}'].map(payload => `a.${btoa(payload)}.c`);
  for (const nonsense of ["", "a", "a.b.c", ...payloads]) expect(userOf(nonsense)).toBeNull();
});

test("a token that does not say whose it is needs options.user", async () => {
  const feed = new OrderFeed({ ...good, token: () => "opaque" });
  await expect(feed.run(() => {})).rejects.toThrow("give options.user");
});
