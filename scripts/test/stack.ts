import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { ROOT } from "../prepare/run-step.mjs";
import type { RunFile } from "../stack/run-file.ts";

const READY_DEADLINE_MS = 240_000;
const POLL_MS = 100;

/** One `npm start` of the built repository, as a child process that a test may treat badly. */
export interface Stack extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly run: RunFile;
  output(): string;
  /** Ends it as Ctrl-C would and says how long that took. */
  stop(): Promise<{ code: number | null; tookMs: number }>;
}

export interface StackPlace {
  home: string;
  env: Record<string, string>;
}

/** A home of its own and ports nobody uses; the caller removes the home. */
export async function createPlace(): Promise<StackPlace> {
  const home = mkdtempSync(path.join(tmpdir(), "tidewire-home-"));
  const [web, node, postgres] = await freePorts();
  return {
    home,
    env: {
      TIDEWIRE_HOME: home,
      TIDEWIRE_WEB_PORT: String(web),
      TIDEWIRE_NODE_PORT: String(node),
      TIDEWIRE_POSTGRES_PORT: String(postgres),
      TIDEWIRE_ADMIN_PASSWORD: "correct-horse-battery",
    },
  };
}

export function removePlace(place: StackPlace): void {
  rmSync(place.home, { recursive: true, force: true });
}

export async function startStack(place: StackPlace, args: readonly string[] = []): Promise<Stack> {
  const launched = launch(place, args);
  const stop = async () => {
    const startedMs = Date.now();
    if (launched.child.exitCode === null && launched.child.signalCode === null) {
      launched.child.kill("SIGTERM");
      await once(launched.child, "exit");
    }
    return { code: launched.child.exitCode, tookMs: Date.now() - startedMs };
  };
  try {
    const run = await readyRun(place, launched);
    return {
      ...launched,
      run,
      stop,
      async [Symbol.asyncDispose]() {
        await stop();
      },
    };
  } catch (error) {
    // Left alone it would hold the home and the processor against every test that follows.
    await stop();
    throw error;
  }
}

async function readyRun(place: StackPlace, { child, output }: ReturnType<typeof launch>): Promise<RunFile> {
  const runFile = path.join(place.home, "run.json");
  const deadlineMs = Date.now() + READY_DEADLINE_MS;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`npm start ended early:\n${output()}`);
    if (Date.now() > deadlineMs) throw new Error(`npm start is not ready:\n${output()}`);
    await delay(POLL_MS);
    const run = readRun(runFile, child.pid);
    if (run) return run;
  }
}

/** For starts that are meant to fail. */
export async function runToExit(
  place: StackPlace,
  args: readonly string[] = [],
): Promise<{ code: number | null; output: string }> {
  const { child, output } = launch(place, args);
  await once(child, "exit");
  return { code: child.exitCode, output: output() };
}

function launch(place: StackPlace, args: readonly string[]) {
  const { npm_lifecycle_event: _npm, NODE_ENV: _mode, ...inherited } = process.env;
  const child = spawn(process.execPath, [path.join(ROOT, "scripts/start.mjs"), ...args], {
    cwd: ROOT,
    // Seen from apps/web, Next's types demand a NODE_ENV.
    env: { ...inherited, ...place.env } as NodeJS.ProcessEnv,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      text += chunk;
    });
  }
  return { child, output: () => text };
}

function readRun(file: string, pid: number | undefined): RunFile | undefined {
  if (!existsSync(file)) return undefined;
  try {
    const run: RunFile = JSON.parse(readFileSync(file, "utf8"));
    return run.pid === pid ? run : undefined;
  } catch {
    return undefined;
  }
}

/** Ranges far apart: nodes take the next ports, and admin ports stand 900 above. */
async function freePorts(): Promise<[number, number, number]> {
  const free = (port: number) =>
    new Promise<boolean>((resolve) => {
      const probe = createServer();
      probe.once("error", () => resolve(false));
      probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
    });
  for (;;) {
    const base = 20_000 + Math.floor(Math.random() * 10_000);
    const ports: [number, number, number] = [base, base + 10, base + 5];
    const all = await Promise.all([...ports, base + 910, base + 232].map(free));
    if (all.every(Boolean)) return ports;
  }
}
