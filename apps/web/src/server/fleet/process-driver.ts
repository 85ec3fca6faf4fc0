import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, renameSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import type { DrivenNode, NodeDriver } from "./driver.ts";
import { PidFiles } from "./pid-files.ts";
import { findNodePort, findPortAgain, toAdminPort } from "./ports.ts";
import { isRunning, signal } from "./process-table.ts";

/** A log of this size is set aside (once) before a node starts: two of them per node at most. */
const LOG_BYTES_MAX = 20 * 1024 * 1024;

/** What a predecessor's last sockets may need to vanish; clients wait less than for another port. */
const OWN_PORT_PATIENCE_MS = 2_000;

export interface ProcessDriverOptions {
  /** The node's bundle. */
  entry: string;
  homeDir: string;
  firstPort: number;
  /** Handed to every node as it is: control database, secrets, bus. */
  nodeEnv: Readonly<Record<string, string | undefined>>;
  nowMs: () => number;
}

/**
 * Nodes as detached processes of this machine: they outlive the dashboard, so a restart of it disconnects nobody. Who
 * runs is written to pid files, from which the next life adopts them.
 */
export class ProcessDriver implements NodeDriver {
  readonly #options: ProcessDriverOptions;
  readonly #pidFiles: PidFiles;
  readonly #nodes = new Map<string, DrivenNode>();
  #onExit: (node: DrivenNode, how: string) => void = () => undefined;

  constructor(options: ProcessDriverOptions) {
    this.#options = options;
    this.#pidFiles = new PidFiles(join(options.homeDir, "nodes"));
  }

  adopt(): DrivenNode[] {
    for (const node of this.#pidFiles.read()) {
      if (this.isRunning(node)) this.#nodes.set(node.id, node);
      else this.#pidFiles.remove(node.id);
    }
    return [...this.#nodes.values()];
  }

  async start({ id, region, slot }: { id: string; region: string; slot: number }): Promise<DrivenNode> {
    const { firstPort, nowMs, entry } = this.#options;
    if (!existsSync(entry))
      throw new Error(`The node's program ${entry} is missing; it is made by \`npm run build\`.`);
    const own = this.#nodes.get(id)?.port;
    const others = [...this.#nodes.values()].filter((node) => node.id !== id).map((node) => node.port);
    const taken = new Set(others);
    const port = await (own === undefined
      ? findNodePort(firstPort + this.#freeOffset(), taken)
      : findPortAgain(own, taken, OWN_PORT_PATIENCE_MS));
    const child = this.#spawn(id, region, port);
    const pid = await spawned(child);
    const adminUrl = `http://127.0.0.1:${toAdminPort(port)}`;
    const node: DrivenNode = { id, region, slot, pid, port, adminUrl, startedAtMs: nowMs() };
    this.#nodes.set(id, node);
    this.#pidFiles.write(node);
    child.once("exit", (code, by) => this.#onExit(node, by ?? `exit code ${code}`));
    return node;
  }

  isRunning(node: DrivenNode): boolean {
    return isRunning(node.pid, this.#options.entry);
  }

  stop(node: DrivenNode): void {
    if (this.isRunning(node)) signal(node.pid, "SIGTERM");
  }

  kill(node: DrivenNode): void {
    if (this.isRunning(node)) signal(node.pid, "SIGKILL");
  }

  isKnownDead({ pid, adminUrl }: { pid: number; adminUrl: string }): boolean {
    // Admin ports on loopback are this machine's, so the process table can tell.
    return new URL(adminUrl).hostname === "127.0.0.1" && !isRunning(pid, this.#options.entry);
  }

  forget(node: DrivenNode): void {
    this.#nodes.delete(node.id);
    this.#pidFiles.remove(node.id);
  }

  onExit(listener: (node: DrivenNode, how: string) => void): void {
    this.#onExit = listener;
  }

  /** The lowest place in the port range that no other node has. */
  #freeOffset(): number {
    const taken = new Set([...this.#nodes.values()].map((node) => node.port - this.#options.firstPort));
    let offset = 0;
    while (taken.has(offset)) offset++;
    return offset;
  }

  #spawn(id: string, region: string, port: number): ChildProcess {
    const { entry, homeDir, nodeEnv } = this.#options;
    const stateDir = join(homeDir, "nodes", id);
    mkdirSync(stateDir, { recursive: true });
    const log = openLog(join(homeDir, "logs", `${id}.log`));
    try {
      const child = spawn(process.execPath, ["--enable-source-maps", entry], {
        detached: true,
        stdio: ["ignore", log, log],
        env: {
          ...inherited(),
          ...nodeEnv,
          TIDEWIRE_NODE_ID: id,
          TIDEWIRE_REGION: region,
          TIDEWIRE_PORT: String(port),
          TIDEWIRE_ADMIN_PORT: String(toAdminPort(port)),
          TIDEWIRE_PUBLIC_URL: `http://localhost:${port}`,
          TIDEWIRE_STATE_DIR: stateDir,
        },
      });
      child.unref();
      return child;
    } finally {
      closeSync(log);
    }
  }
}

/** Only what a process needs to run at all: the dashboard's own secrets are not the nodes' business. */
function inherited(): NodeJS.ProcessEnv {
  const { PATH, HOME, TZ, LANG, TMPDIR, NODE_ENV, LOG_LEVEL } = process.env;
  return { PATH, HOME, TZ, LANG, TMPDIR, NODE_ENV, LOG_LEVEL };
}

function openLog(file: string): number {
  mkdirSync(dirname(file), { recursive: true });
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > LOG_BYTES_MAX) renameSync(file, `${file}.1`);
  return openSync(file, "a");
}

function spawned(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("spawn", () => resolve(child.pid ?? 0));
  });
}
