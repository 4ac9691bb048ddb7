// Restores npm packages where what is there was not restored from this very lock file.
//
//   node restore.mjs <folder> …   the folders of package.json, each with its lock file
//
// Exit code 1: npm failed; what it said is above.
import { createHash } from "node:crypto";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

// A shell that is set up for production would leave out what builds and tests.
export const npmArguments = ["ci", "--include=dev", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error"];

/** @typedef {(folder: string) => string} OfFolder */

/** @type {OfFolder} */
const stampOf = folder => join(folder, "node_modules", ".restored");
/** @type {OfFolder} */
const wantedFor = folder => hashOf([join(folder, "package.json"), join(folder, "package-lock.json")]);

/** @type {(folder: string) => boolean} */
export const isRestored = folder => read(stampOf(folder)) === wantedFor(folder);
/** @type {(folder: string) => void} */
export const markRestored = folder => writeFileSync(stampOf(folder), wantedFor(folder));

/** @type {(file: string) => string | undefined} */
export function read(file) {
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

/** @type {(files: readonly string[]) => string} */
export function hashOf(files) {
  const hash = createHash("sha256");
  for (const file of files) hash.update(file).update("\0").update(readFileSync(file)).update("\0");
  return hash.digest("hex");
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  for (const folder of process.argv.slice(2).map(name => resolve(name))) {
    if (isRestored(folder)) continue;
    console.log(`Restoring npm packages of ${folder}`);
    // Windows finds npm.cmd only through a shell.
    const { status } = spawnSync("npm", npmArguments, {
      cwd: folder,
      stdio: ["ignore", "inherit", "inherit"],
      shell: process.platform === "win32",
    });
    if (status === 0) markRestored(folder);
    else process.exitCode = 1;
  }
}
