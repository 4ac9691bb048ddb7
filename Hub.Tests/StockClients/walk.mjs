// Walks docs/PROTOCOL.md with the stock @microsoft/signalr and eventsource clients.
//   node walk.mjs [text]    all checks, or those whose name contains the text
// Prints "ok <name>" or "not ok <name>: why" for each; exit code 1 if one failed. What is tested is named in server.mjs.
import { ways } from "./readers.mjs";
import { forEveryHub, forEveryWay, others } from "./checks.mjs";

const together = 6;
const wanted = process.argv[2] ?? "";

/** Runs a check with a way to connect, and closes what it has opened. */
const withWay = (way, check) => async () => {
  const open = [];
  try {
    await check(async (token, after) => {
      const reader = await way.Reader.connect(way.options, token, after);
      open.push(reader);
      return reader;
    });
  } finally {
    for (const reader of open) await reader.close();
  }
};

const checks = [
  ...ways.flatMap(way => Object.entries({ ...forEveryWay, ...(way.name !== "EventSource" && forEveryHub) })
    .map(([name, check]) => [`${way.name}: ${name}`, withWay(way, check)])),
  ...Object.entries(others),
].filter(([name]) => name.includes(wanted));

let failed = checks.length === 0 ? 1 : 0;
const queue = checks[Symbol.iterator]();

await Promise.all(Array.from({ length: together }, async () => {
  // All take from the same queue.
  for (const [name, check] of queue) {
    try {
      await check();
      console.log(`ok ${name}`);
    } catch (error) {
      failed++;
      console.log(`not ok ${name}: ${String(error.message).replaceAll("\n", " ")}`);
    }
  }
}));

// Pending reconnects must not keep the process alive.
process.exit(failed === 0 ? 0 : 1);
