import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { closeReasons } from "../../src/index.js";

const server = (path: string) => readFileSync(new URL(`../../../../Hub.Server/${path}`, import.meta.url), "utf8");

test("the close reasons are those of the server, by their names on the wire", () => {
  const members = /enum CloseReason\s*\{([^}]*)\}/.exec(server("Notifications/CloseReason.cs"))![1]!;
  const names = [...members.replace(/\/\/.*/g, "").matchAll(/\b([A-Z]\w+)\b\s*,/g)].map(match => match[1]);
  const mapped = server("Delivery/WireNames.cs").matchAll(/CloseReason\.(\w+) => "([^"]+)"/g);
  const wire = new Map([...mapped].map(match => [match[1], match[2]]));
  expect(names.length).toBeGreaterThan(0);
  expect(names.map(name => wire.get(name))).toEqual(closeReasons);
});
