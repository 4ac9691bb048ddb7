// Adds up what the test runners wrote (TRX of dotnet test, JSON of vitest) and prints "N passed, N failed[, N skipped]"
// as its last line; that line is also left in totals.txt. Arguments: the folder of results, then the runners that exited with an error.
// A runner that exited with an error but reported no failed test, or that ran nothing, is itself counted as one failure.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [folder, ...broken] = process.argv.slice(2);

/** One <UnitTestResult outcome="…"> is written per test; the <Counters> element reports skipped tests as 0. */
function readTrx(text) {
  const outcomes = [...text.matchAll(/<UnitTestResult\s[^>]*?\boutcome="(\w+)"/g)].map(match => match[1]);
  const count = (...names) => outcomes.filter(outcome => names.includes(outcome)).length;
  const passed = count("Passed");
  const skipped = count("NotExecuted", "Inconclusive", "Pending");
  return { passed, skipped, failed: outcomes.length - passed - skipped };
}

/** A file that could not be loaded has no tests of its own, but is a failed suite. */
function readVitest(text) {
  const report = JSON.parse(text);
  const unloaded = report.testResults.filter(suite => suite.status === "failed" && suite.assertionResults.length === 0).length;
  return { passed: report.numPassedTests, failed: report.numFailedTests + unloaded, skipped: report.numPendingTests + report.numTodoTests };
}

const runs = readdirSync(folder).flatMap(name => {
  const text = () => readFileSync(join(folder, name), "utf8");
  if (name.endsWith(".trx")) return [{ name: "dotnet", ...readTrx(text()) }];
  if (name.endsWith(".json")) return [{ name: name.slice(0, -".json".length), ...readVitest(text()) }];
  return [];
});
for (const name of ["dotnet", ...broken]) {
  if (!runs.some(run => run.name === name)) runs.push({ name, passed: 0, failed: 0, skipped: 0 });
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
