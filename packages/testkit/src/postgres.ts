import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { PostgresUnavailable } from "@tidewire/db/embedded/binaries";
import { type PostgresServer, startPostgres } from "@tidewire/db/embedded/postgres-server";
import { claimFolder, FOLDER_PREFIX, sweepOrphans } from "./orphans.ts";

const PORT_ATTEMPTS = 5;

export interface TestPostgresOptions {
  /** Without one the server trusts every local connection. */
  password?: string;
  settings?: Readonly<Record<string, string>>;
}

/** A server of its own for one suite, on a random port, with its data in a temporary folder. */
export interface TestPostgres extends AsyncDisposable {
  readonly port: number;
  readonly pid: number;
  /** A superuser URL of `database` (default `postgres`). */
  url(database?: string): string;
  /** `immediate` is a crash that {@link start} recovers from. */
  stop(mode?: "fast" | "immediate"): Promise<void>;
  /** Again on the same port, with the same data. */
  start(): Promise<void>;
}

/** For a test run, durability is only a cost; a stopped server still recovers, because the machine does not lose power. */
const TEST_SETTINGS = { fsync: "off", shared_buffers: "32MB", max_connections: "300" };

/** The caller owns it; `await using` stops it and removes its data. */
export async function startTestPostgres(options: TestPostgresOptions = {}): Promise<TestPostgres> {
  await sweepOrphans();
  const folder = mkdtempSync(path.join(tmpdir(), FOLDER_PREFIX));
  claimFolder(folder);
  // Root runs the server as another user, who must be able to pass through.
  chmodSync(folder, 0o755);
  const launch = (port: number) =>
    startPostgres({
      ...options,
      dataDir: path.join(folder, "data"),
      port,
      settings: { ...TEST_SETTINGS, ...options.settings },
    });
  let server = await onFreePort(launch);
  const killOnExit = () => killQuietly(server);
  process.once("exit", killOnExit);
  return {
    port: server.port,
    get pid() {
      return server.pid;
    },
    url: (database) => server.url(database),
    stop: (mode) => server.stop(mode),
    async start() {
      server = await launch(server.port);
    },
    async [Symbol.asyncDispose]() {
      process.removeListener("exit", killOnExit);
      await server.stop("immediate");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Between finding a free port and using it another process may take it. */
async function onFreePort(launch: (port: number) => Promise<PostgresServer>): Promise<PostgresServer> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await launch(await freePort());
    } catch (error) {
      if (attempt === PORT_ATTEMPTS || !(error instanceof PostgresUnavailable)) throw error;
      if (!error.message.includes("in use")) throw error;
    }
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() =>
        typeof address === "object" && address ? resolve(address.port) : reject(new Error("no port")),
      );
    });
  });
}

function killQuietly(server: PostgresServer): void {
  try {
    process.kill(server.pid, "SIGQUIT");
  } catch {
    // It is gone already, which is all that was wanted.
  }
}
