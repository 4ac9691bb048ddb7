// Adds up what the test runners wrote (TRX of dotnet test, JSON of vitest), says which tests failed and why, and prints
// "N passed, N failed[, N skipped]" as its last line; that line is also left in totals.txt.
// Arguments: the folder of results, then the runners that exited with an error.
// A runner that exited with an error but reported no failed test, or that ran nothing, is itself counted as one failure.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [folder, ...broken] = process.argv.slice(2);

/** Lines of a failure's reason that are shown: its message and where it was raised. */
const REASON_LINES = 30;

const OUTCOMES = { Passed: "passed", NotExecuted: "skipped", Inconclusive: "skipped", Pending: "skipped" };

/** One <UnitTestResult outcome="…"> is written per test; the <Counters> element reports skipped tests as 0. */
function readTrx(text) {
  const sum = { passed: 0, failed: 0, skipped: 0, failures: [] };
  for (const [, attributes, body = ""] of text.matchAll(/<UnitTestResult\s([^>]*?)(?:\/>|>(.*?)<\/UnitTestResult>)/gs)) {
    const outcome = OUTCOMES[/\boutcome="(\w+)"/.exec(attributes)?.[1]] ?? "failed";
    sum[outcome]++;
    if (outcome !== "failed") continue;
    const part = name => unescaped(new RegExp(`<${name}>(.*?)</${name}>`, "s").exec(body)?.[1] ?? "");
    sum.failures.push({ test: unescaped(/\btestName="([^"]*)"/.exec(attributes)?.[1] ?? "?"), reason: `${part("Message")}\n${part("StackTrace")}` });
  }
  return sum;
}

/** A file that could not be loaded has no tests of its own, but is a failed suite. */
function readVitest(text) {
  const report = JSON.parse(text);
  const tests = report.testResults.flatMap(suite => suite.assertionResults).filter(test => test.status === "failed");
  const unloaded = report.testResults.filter(suite => suite.status === "failed" && suite.assertionResults.length === 0);
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + unloaded.length,
    skipped: report.numPendingTests + report.numTodoTests,
    failures: [
      ...tests.map(test => ({ test: test.fullName, reason: test.failureMessages.join("\n") })),
      ...unloaded.map(suite => ({ test: suite.name, reason: suite.message })),
    ],
  };
}

const runs = readdirSync(folder).flatMap(name => {
  const text = () => readFileSync(join(folder, name), "utf8");
  if (name.endsWith(".trx")) return [{ name: "dotnet", ...readTrx(text()) }];
  if (name.endsWith(".json")) return [{ name: name.slice(0, -".json".length), ...readVitest(text()) }];
  return [];
});
for (const name of ["dotnet", ...broken]) {
  if (!runs.some(run => run.name === name)) runs.push({ name, passed: 0, failed: 0, skipped: 0, failures: [] });
}

for (const { test, reason } of runs.flatMap(run => run.failures)) {
  const lines = reason.trim().split("\n").slice(0, REASON_LINES);
  console.log(`Failed: ${test}\n${lines.map(line => `  ${line.trimEnd()}\n`).join("")}`);
}

const total = { passed: 0, failed: 0, skipped: 0 };
for (const runner of new Set(runs.map(run => run.name))) {
  const sum = { passed: 0, failed: 0, skipped: 0 };
  for (const run of runs.filter(run => run.name === runner))
    for (const key of Object.keys(sum)) sum[key] += run[key];
  if (sum.failed === 0 && broken.includes(runner)) {
    console.log(`${runner} ended with an error although no test failed: counted as one failure.`);
    sum.failed = 1;
  } else if (sum.passed + sum.failed === 0) {
    console.log(`${runner} ran no test: counted as one failure.`);
    sum.failed = 1;
  }
  console.log(`${runner}: ${inWords(sum)}`);
  for (const key of Object.keys(total)) total[key] += sum[key];
}
writeFileSync(join(folder, "totals.txt"), `${inWords(total)}\n`);
console.log(inWords(total));
process.exitCode = total.failed === 0 ? 0 : 1;

function inWords({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

/** Text of an XML document. */
function unescaped(text) {
  const named = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
  return text.replace(/&(?:#x([0-9A-Fa-f]+)|#(\d+)|(\w+));/g, (whole, hex, decimal, name) =>
    name ? (named[name] ?? whole) : String.fromCodePoint(hex ? parseInt(hex, 16) : Number(decimal)));
}
