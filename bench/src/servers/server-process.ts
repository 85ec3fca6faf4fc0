import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const READY_DEADLINE_MS = 60_000;
const ANSWER_DEADLINE_MS = 10_000;

/** What a server under test tells when it listens. */
export interface Listening {
  /** `ws://host:port/path?query`, ready to connect to. */
  socketUrl: string;
  /** For row benchmarks: the project's database. */
  databaseUrl?: string;
  jwtSecret?: string;
}

/** A server in a process of its own, so that its CPU time is its own. */
export interface ServerProcess extends AsyncDisposable {
  readonly listening: Listening;
  /** User and system CPU time used since the start, in milliseconds. */
  cpuMs(): Promise<number>;
  rssBytes(): Promise<number>;
}

interface Usage {
  cpuMs: number;
  rssBytes: number;
}

/** @param module path of a file that calls {@link serve}, relative to this folder */
export async function startServer(module: string, env: Record<string, string> = {}): Promise<ServerProcess> {
  const child = fork(fileURLToPath(new URL(module, import.meta.url)), {
    execArgv: ["--import", "tsx"],
    env: { ...process.env, ...env },
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const listening = await answerOf<Listening>(child, READY_DEADLINE_MS);
  const usage = async () => {
    const answer = answerOf<Usage>(child, ANSWER_DEADLINE_MS);
    child.send("usage");
    return answer;
  };
  return {
    listening,
    cpuMs: async () => (await usage()).cpuMs,
    rssBytes: async () => (await usage()).rssBytes,
    async [Symbol.asyncDispose]() {
      const gone = once(child, "exit");
      child.send("stop");
      await gone;
    },
  };
}

/** The child's side: announces where it listens, answers about its usage, ends when told or when the parent is gone. */
export function serve(listening: Listening, close: () => Promise<unknown>): void {
  const end = () => void close().finally(() => process.exit(0));
  process.on("message", (message) => {
    if (message === "stop") end();
    if (message !== "usage") return;
    const { user, system } = process.cpuUsage();
    process.send?.({ cpuMs: (user + system) / 1_000, rssBytes: process.memoryUsage.rss() } satisfies Usage);
  });
  process.on("disconnect", end);
  process.send?.(listening);
}

async function answerOf<T>(child: ChildProcess, deadlineMs: number): Promise<T> {
  const [message] = await once(child, "message", { signal: AbortSignal.timeout(deadlineMs) });
  return message;
}
