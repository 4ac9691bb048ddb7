import { type ChildProcess, spawn } from "node:child_process";
import { createHmac, randomUUID } from "node:crypto";
import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "./eventually.js";

const key = "typescript-tests-0123456789abcdef0123456789";
const repository = new URL("../../../../", import.meta.url).pathname;

/** A valid HS256 token. */
export function mint(sub: string, claims: Record<string, unknown> = {}): string {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = `${encode({ alg: "HS256", typ: "JWT" })}.${encode({ sub, exp: Math.floor(Date.now() / 1000) + 3600, ...claims })}`;
  return `${signed}.${createHmac("sha256", key).update(signed).digest("base64url")}`;
}

export const newUser = (): string => `user-${randomUUID().slice(0, 8)}`;

/** An unused port below the range for outgoing connections: no other process takes it while a server restarts. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const isFree = await new Promise<boolean>(resolve => {
      const probe = createServer()
        .once("error", () => resolve(false))
        .listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
}

/** The newest build of the server, in either configuration. */
function assembly(): string {
  const builds = ["Debug", "Release"].map(name => join(repository, "Hub.Server/bin", name, "net10.0/Hub.Server.dll")).filter(existsSync);
  if (builds.length === 0) throw new Error("Hub.Server is not built: run dotnet build Hub.Server first (deploy/test.sh does).");
  return builds.sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)[0]!;
}

/** The real server in a separate process. */
export class Server {
  readonly #data = mkdtempSync(join(tmpdir(), "order-feed-"));
  readonly #settings: readonly string[];
  #process: ChildProcess | null = null;
  #output = "";

  private constructor(
    readonly port: number,
    settings: readonly string[],
  ) {
    this.#settings = settings;
  }

  get address(): string {
    return `http://127.0.0.1:${this.port}/`;
  }

  static async start(...settings: string[]): Promise<Server> {
    const server = new Server(await freePort(), settings);
    await server.startAgain();
    return server;
  }

  async startAgain(): Promise<void> {
    const settings = [`--Hub:DataPath=${this.#data}`, `--Hub:Auth:SigningKey=${key}`, "--Hub:Demo:Enabled=false", ...this.#settings];
    const child = spawn("dotnet", [assembly(), "--urls", this.address, ...settings], {
      env: { ...process.env, ASPNETCORE_ENVIRONMENT: "Production" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const keep = (text: Buffer) => void (this.#output = (this.#output + text.toString()).slice(-20_000));
    for (const stream of [child.stdout, child.stderr]) stream.on("data", keep);
    this.#process = child;
    await eventually(
      "the server is ready",
      async () => {
        if (child.exitCode !== null) throw new Error(`The server ended with ${child.exitCode}:\n${this.#output}`);
        return await fetch(`${this.address}health/ready`).then(
          answer => answer.ok,
          () => false,
        );
      },
      60_000,
    );
  }

  /** SIGKILL: clients get no notice. */
  async kill(): Promise<void> {
    const child = this.#process;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise(resolve => child.once("exit", resolve));
    child.kill("SIGKILL");
    await gone;
  }

  /** SIGTERM; returns the exit code. */
  async drain(): Promise<number | null> {
    const child = this.#process!;
    const gone = new Promise<number | null>(resolve => child.once("exit", resolve));
    child.kill("SIGTERM");
    return await gone;
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.#data, { recursive: true, force: true });
  }

  /** Publishes orders with these ids to a user. */
  async publish(user: string, ...orderIds: string[]): Promise<void> {
    await this.publishTo({ users: [user] }, ...orderIds);
  }

  async publishTo(to: unknown, ...orderIds: string[]): Promise<void> {
    const lines = orderIds.map(orderId => JSON.stringify({ to, type: "order.created", orderId, data: { total: 993.9 } }));
    const answer = await fetch(`${this.address}api/notifications/batch`, {
      method: "POST",
      headers: { Authorization: `Bearer ${mint("publisher", { role: "publisher" })}`, "Content-Type": "application/x-ndjson" },
      body: `${lines.join("\n")}\n`,
    });
    const text = await answer.text();
    if (!answer.ok || text.includes('"status"')) throw new Error(`Publishing failed: ${answer.status} ${text}`);
  }
}
