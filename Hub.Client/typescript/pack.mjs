// What npm runs around packing: builds, and puts into the folder what only the package has. "after" takes it away again.
//
//   node pack.mjs before|after
//
// The package names its repository if RealtimeRepositoryUrl is set: in the environment, which MSBuild reads too, or in Directory.Build.props.
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = dirname(fileURLToPath(import.meta.url));
const root = join(folder, "../..");
const manifest = join(folder, "package.json");
const license = join(folder, "LICENSE");
const property = "RealtimeRepositoryUrl";

switch (process.argv[2] ?? "") {
  case "before": {
    const url = repositoryUrl();
    build();
    copyFileSync(join(root, "LICENSE"), license);
    name(url);
    break;
  }
  case "after":
    rmSync(license, { force: true });
    name(null);
    break;
  default:
    fail("usage: node pack.mjs before|after");
}

/** @returns {string | null} */
function repositoryUrl() {
  const props = join(root, "Directory.Build.props");
  const text = existsSync(props) ? readFileSync(props, "utf8") : "";
  const given = process.env[property] || (new RegExp(`<${property}\\b[^>]*>([^<$]*)</${property}>`).exec(text)?.[1] ?? "").trim();
  if (given === "") return null;
  if (!URL.canParse(given) || new URL(given).protocol !== "https:")
    fail(`${property} is ${given}: set it to the repository's address, such as https://github.com/owner/name, or leave it out.`);
  return given;
}

function build() {
  rmSync(join(folder, "dist"), { recursive: true, force: true });
  // Standard output belongs to npm, which prints JSON there if asked to.
  const compiler = join(folder, "node_modules/typescript/bin/tsc");
  if (!existsSync(compiler)) fail(`${compiler} is missing: run npm ci in ${folder} first.`);
  const { status } = spawnSync(process.execPath, [compiler, "-p", join(folder, "tsconfig.build.json")], { stdio: ["ignore", 2, 2] });
  if (status !== 0) fail("The library has errors: see above.");
}

/** @param {string | null} url */
function name(url) {
  const content = /** @type {Record<string, unknown>} */ (JSON.parse(readFileSync(manifest, "utf8")));
  delete content.repository;
  if (url !== null)
    content.repository = { type: "git", url: `git+${url.replace(/(\.git)?\/?$/, ".git")}`, directory: "Hub.Client/typescript" };
  writeFileSync(manifest, `${JSON.stringify(content, null, 2)}\n`);
}

/**
 * @param {string} why
 * @returns {never}
 */
function fail(why) {
  console.error(`pack.mjs: ${why}`);
  process.exit(1);
}
