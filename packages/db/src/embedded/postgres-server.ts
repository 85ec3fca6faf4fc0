import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import {
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { PostgresUnavailable, postgresBinaries } from "./binaries.ts";
import { clearLockFile, readLockFile } from "./lock-file.ts";
import { asUser, type ServerUser, serverUser } from "./server-user.ts";

const START_DEADLINE_MS = 60_000;
const STOP_DEADLINE_MS = 8_000;
const POLL_MS = 20;
const SUPERUSER = "postgres";

const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  wal_level: "logical",
  max_wal_senders: "40",
  max_replication_slots: "40",
  max_slot_wal_keep_size: "4GB",
  max_connections: "200",
  // Logical decoding reads only flushed WAL; the default of 200 ms would be the floor of every asynchronous commit's lag.
  wal_writer_delay: "10ms",
  // The packaged build has no LLVM.
  jit: "off",
};

export interface PostgresOptions {
  dataDir: string;
  port: number;
  /** The superuser's password. Without one the server trusts every local connection: for tests only. */
  password?: string;
  settings?: Readonly<Record<string, string>>;
  /** Where the server's own log goes; default beside the data directory. */
  logFile?: string;
}

export interface PostgresServer extends AsyncDisposable {
  readonly port: number;
  readonly pid: number;
  /** What happened to a server that was still registered on the data directory. */
  readonly recovered: "nothing" | "stopped-orphan" | "removed-stale";
  /** Settles when the process is gone, whoever ended it. */
  readonly exited: Promise<void>;
  /** A superuser URL of `database` (default `postgres`). */
  url(database?: string): string;
  /** `fast` ends sessions and checkpoints; `immediate` is a crash that the next start recovers from. */
  stop(mode?: "fast" | "immediate"): Promise<void>;
}

/**
 * Starts the Postgres that comes from npm, creating its data directory on first use, and waits until it answers.
 * The caller owns it and must stop it. A server left over on the same directory by a killed owner is stopped first.
 *
 * @throws PostgresUnavailable in one sentence: no binary, port in use, unwritable directory, or what the server said
 */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const { dataDir, port } = options;
  const user = serverUser();
  prepareParent(dataDir);
  const native = postgresBinaries(user, path.join(path.dirname(dataDir), "postgres-binaries"));
  const recovered = await clearLockFile(dataDir);
  await assertPortFree(port);
  if (!existsSync(path.join(dataDir, "PG_VERSION"))) initialise(native, options, user);
  writeSettings(options, user);

  const logFile = options.logFile ?? path.join(path.dirname(dataDir), "postgres.log");
  const log = openSync(logFile, "a");
  const server = asUser(user, path.join(native, "bin", "postgres"), ["-D", dataDir]);
  const child = spawn(server.command, server.args, {
    ...server.options,
    env: serverEnvironment(),
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  await untilReady(child, dataDir, logFile);

  const stop = async (mode: "fast" | "immediate" = "fast") => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill(mode === "fast" ? "SIGINT" : "SIGQUIT");
    const patience = AbortSignal.timeout(STOP_DEADLINE_MS);
    patience.addEventListener("abort", () => child.kill("SIGQUIT"), { once: true });
    await exited;
  };
  const secret = options.password ? `:${encodeURIComponent(options.password)}` : "";
  return {
    port,
    pid: child.pid ?? 0,
    recovered,
    exited,
    url: (database = "postgres") => `postgresql://${SUPERUSER}${secret}@127.0.0.1:${port}/${database}`,
    stop,
    [Symbol.asyncDispose]: () => stop("immediate"),
  };
}

function prepareParent(dataDir: string): void {
  try {
    // Parents keep the default mode: a private one would lock the server's user out of its own data.
    mkdirSync(path.dirname(dataDir), { recursive: true });
  } catch (cause) {
    throw new PostgresUnavailable(`The folder ${path.dirname(dataDir)} cannot be written.`, { cause });
  }
}

/** Fills a folder beside the data directory and renames it at the end, so that a killed start leaves nothing half-made. */
function initialise(native: string, { dataDir, password }: PostgresOptions, user: ServerUser): void {
  const unfinished = `${dataDir}.unfinished`;
  const passwordFile = `${dataDir}.password`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { mode: 0o700 });
  chown(unfinished, user);
  const auth = password ? ["--auth=scram-sha-256", `--pwfile=${passwordFile}`] : ["--auth=trust"];
  if (password) writeOwned(passwordFile, password, user);
  // LANG may be unset, which would make SQL_ASCII databases; the builtin provider sorts alike on every machine.
  const locale = ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"];
  const options = ["-D", unfinished, "-U", SUPERUSER, "--no-sync", ...auth, ...locale];
  const initdb = asUser(user, path.join(native, "bin", "initdb"), options);
  const result = spawnSync(initdb.command, initdb.args, {
    ...initdb.options,
    env: serverEnvironment(),
    encoding: "utf8",
    timeout: START_DEADLINE_MS,
  });
  rmSync(passwordFile, { force: true });
  if (result.status !== 0) {
    throw new PostgresUnavailable(`Postgres cannot create its data directory: ${lastLines(result.stderr)}`);
  }
  renameSync(unfinished, dataDir);
}

function writeSettings({ dataDir, port, settings }: PostgresOptions, user: ServerUser): void {
  const lines = Object.entries({ ...SETTINGS, port: String(port), ...settings }).map(
    ([name, value]) => `${name} = '${value}'`,
  );
  writeOwned(path.join(dataDir, "tidewire.conf"), `${lines.join("\n")}\n`, user);
  const main = path.join(dataDir, "postgresql.conf");
  const include = "include 'tidewire.conf'";
  const current = readFileSync(main, "utf8");
  if (!current.includes(include)) writeOwned(main, `${current}\n${include}\n`, user);
}

function writeOwned(file: string, text: string, user: ServerUser): void {
  writeFileSync(file, text, { mode: 0o600 });
  chown(file, user);
}

function chown(file: string, { uid, gid }: ServerUser): void {
  if (uid !== undefined && gid !== undefined) chownSync(file, uid, gid);
}

async function untilReady(child: ChildProcess, dataDir: string, logFile: string): Promise<void> {
  const deadlineMs = Date.now() + START_DEADLINE_MS;
  while (readLockFile(dataDir)?.ready !== true || readLockFile(dataDir)?.pid !== child.pid) {
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new PostgresUnavailable(`Postgres does not start: ${lastLines(readFileSync(logFile, "utf8"))}`);
    }
    if (Date.now() > deadlineMs) {
      child.kill("SIGQUIT");
      throw new PostgresUnavailable(
        `Postgres was not ready after ${START_DEADLINE_MS / 1000} s; see ${logFile}.`,
      );
    }
    await delay(POLL_MS);
  }
}

function assertPortFree(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", (cause) =>
      reject(new PostgresUnavailable(`Port ${port} is in use; Postgres needs it.`, { cause })),
    );
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve()));
  });
}

function serverEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, LC_ALL: "C", TZ: "UTC" };
}

function lastLines(text: string): string {
  return text.trim().split("\n").slice(-3).join(" ");
}
