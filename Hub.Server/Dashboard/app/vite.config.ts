import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

/** The server of a developer who works on the page with `npm run dev`. */
const server = process.env.HUB_SERVER ?? "http://localhost:5080";

const compressible = /\.(html|js|css|svg)$/;

/** Puts a .br and a .gz beside every text that shrinks by it, so that the server never compresses. */
function precompress(): Plugin {
  let folder = "";
  return {
    name: "precompress",
    apply: "build",
    configResolved: config => {
      folder = config.build.outDir;
    },
    closeBundle() {
      for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(it => compressible.test(it))) {
        const file = join(folder, name);
        const bytes = readFileSync(file);
        const brotli = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } });
        if (brotli.length >= bytes.length) continue;
        writeFileSync(file + ".br", brotli);
        writeFileSync(file + ".gz", gzipSync(bytes, { level: 9 }));
      }
    },
  };
}

export default defineConfig({
  // The page may be served below a path by a proxy that strips it, and does not know which.
  base: "./",
  // The client library, from its sources: no build of its own comes before this one. What it needs is restored here.
  resolve: {
    alias: { "@realtime/order-feed": resolve(import.meta.dirname, "../../../Hub.Client/typescript/src/index.ts") },
    dedupe: ["@microsoft/signalr"],
  },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    target: "es2022",
    // A data: address in a style sheet or a script would need a hole in the page's Content-Security-Policy.
    assetsInlineLimit: 0,
    // The polyfill is an inline script in disguise, and every browser that runs the page knows modulepreload.
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  plugins: [precompress()],
  server: { proxy: Object.fromEntries(["/api", "/hubs", "/dev", "/dashboard.json"].map(path => [path, { target: server, ws: true }])) },
});
