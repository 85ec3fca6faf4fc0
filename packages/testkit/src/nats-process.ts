import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants } from "node:fs";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { eventually } from "./eventually.ts";

/** Debian puts servers where an ordinary user's PATH does not look. */
const EXTRA_FOLDERS = ["/usr/sbin", "/usr/local/bin", "/opt/homebrew/bin"];
const READY_MS = 20_000;

/** The nats-server of this machine; undefined, with a line that says so, when there is none. */
export function findNatsServer(): string | undefined {
  const folders = [...(process.env.PATH ?? "").split(path.delimiter), ...EXTRA_FOLDERS];
  const found = folders.map((folder) => path.join(folder, "nats-server")).find(isExecutable);
  if (found === undefined)
    console.log("SKIPPED: the NATS tests need nats-server on the PATH (Debian: nats-server)");
  return found;
}

/** One nats-server that can be killed and started again with the same configuration. */
export interface NatsProcess {
  readonly pid: number;
  /** What it has logged so far, all its lives together. */
  output(): string;
  /** Ends it as a power cut would. Doing so twice is harmless. */
  kill(): Promise<void>;
  /** Resolves when it takes clients. @throws Error with its log when it ends instead */
  start(): Promise<void>;
}

interface Options {
  /** Its configuration is written here. */
  file: string;
  config: string;
  monitorUrl: string;
}

/** The caller kills it. @throws Error when this machine has no nats-server, or it does not start */
export async function startNatsProcess({ file, config, monitorUrl }: Options): Promise<NatsProcess> {
  const binary = findNatsServer();
  if (binary === undefined) throw new Error("there is no nats-server on this machine");
  await writeFile(file, config);
  let log = "";
  let child: ChildProcess | undefined;
  const collect = (chunk: Buffer) => {
    log += chunk;
  };
  const killOnExit = () => void child?.kill("SIGKILL");
  process.once("exit", killOnExit);
  const server: NatsProcess = {
    get pid() {
      return child?.pid ?? 0;
    },
    output: () => log,
    async kill() {
      process.removeListener("exit", killOnExit);
      const dying = child;
      child = undefined;
      if (dying === undefined || dying.exitCode !== null || dying.signalCode !== null) return;
      const exited = once(dying, "exit");
      dying.kill("SIGKILL");
      await exited;
    },
    async start() {
      await server.kill();
      const started = spawn(binary, ["--config", file], { stdio: ["ignore", "ignore", "pipe"] });
      child = started;
      process.once("exit", killOnExit);
      started.stderr.on("data", collect);
      const ended = once(started, "exit").then(() => {
        throw new Error(`nats-server ended:\n${log}`);
      });
      await Promise.race([eventually(() => isReady(monitorUrl), { withinMs: READY_MS }), ended]).catch(
        (cause: unknown) => {
          throw new Error(`nats-server did not start:\n${log}`, { cause });
        },
      );
      ended.catch(() => undefined);
    },
  };
  await server.start().catch(async (error: unknown) => {
    await server.kill();
    throw error;
  });
  return server;
}

async function isReady(monitorUrl: string): Promise<boolean> {
  return (await fetch(`${monitorUrl}/healthz`)).ok;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
