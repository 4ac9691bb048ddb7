// Bundles the page. The .NET build runs it when a source is newer than the last bundle; see ../Dashboard.targets.
//
//   node build.mjs <folder>   <folder>/sources.txt names the sources, one a line; the bundle comes to <folder>/wwwroot
//
// Exit code 2: Node is too old or the packages could not be had, which a build can live with. 1: the page itself is broken.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { hashOf, isRestored, markRestored, npmArguments, read } from "./restore.mjs";

const app = dirname(fileURLToPath(import.meta.url));
const folder = resolve(process.argv[2] ?? "");
const stamp = join(folder, "built.stamp");
const bundle = join(folder, "wwwroot");
const lockLimitMs = 10 * 60_000;

// What Vite runs on; elsewhere it fails in ways that nobody understands.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (!(major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19))) {
  console.log(`The page is not built by Node ${process.version}: 20.19, or 22.12 or later, is needed.`);
  process.exit(2);
}

const release = await lock(join(app, ".build-lock"));
try {
  const sources = hashOf(readFileSync(join(folder, "sources.txt"), "utf8").split(/\r?\n/).filter(Boolean).sort());
  // Another build may have done it while this one waited.
  if (!existsSync(bundle) || read(stamp) !== sources) build();
  writeFileSync(stamp, sources);
} finally {
  release();
}

function build() {
  restore();
  const next = join(folder, "next");
  run("The page has errors.", 1, "tsc", "--noEmit", "--pretty", "false");
  run("The page could not be bundled.", 1, "vite", "build", "--logLevel", "warn", "--emptyOutDir", "--outDir", next);
  rmSync(bundle, { recursive: true, force: true });
  renameSync(next, bundle);
}

function restore() {
  if (isRestored(app)) return;
  run("npm could not restore the packages of the page; is there a network?", 2, "npm", ...npmArguments);
  markRestored(app);
}

/** @type {(failure: string, exitCode: number, command: string, ...args: string[]) => void} */
function run(failure, exitCode, command, ...args) {
  // Windows finds npm.cmd and the commands of packages only through a shell.
  const windows = process.platform === "win32";
  const path = command === "npm" ? command : join(app, "node_modules", ".bin", command);
  const result = spawnSync(windows ? `"${path}"` : path, args, {
    cwd: app,
    stdio: ["ignore", "pipe", "pipe"],
    encoding: "utf8",
    shell: windows,
  });
  if (result.status === 0) return;
  // MSBuild takes "npm error …" for an error of the build, which it is only if we say so; those of the compiler it shall take for what they are.
  console.log(`${result.stdout ?? ""}${result.stderr ?? ""}`.replaceAll(/^npm (error|warn) /gm, "npm: "));
  console.log(`${failure} (${command} ${args[0]}: ${result.error?.message ?? `exit code ${result.status}`})`);
  release();
  process.exit(exitCode);
}

/**
 * One builder at a time: several projects, or several terminals, may build at once. What it gives ends the lock.
 * @param {string} file
 */
async function lock(file) {
  for (const start = Date.now(); ; await new Promise(done => setTimeout(done, 100))) {
    try {
      writeFileSync(file, String(process.pid), { flag: "wx" });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if (codeOf(error) !== "EEXIST") throw error;
      // A builder that was killed has left it behind.
      const holder = Number(read(file));
      if (holder > 0 && !isAlive(holder)) rmSync(file, { force: true });
      else if (Date.now() - start > lockLimitMs)
        throw new Error(`Another build holds ${file}; delete it if that is not so.`, { cause: error });
    }
  }
}

/** @type {(pid: number) => boolean} */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === "EPERM";
  }
}

/** @type {(error: unknown) => unknown} */
function codeOf(error) {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
