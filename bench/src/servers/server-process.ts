import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type HotSpot, startProfile } from "./cpu-profile.ts";

const READY_DEADLINE_MS = 60_000;
const ANSWER_DEADLINE_MS = 30_000;
/** Short against a transaction, long against the cost of looking. */
const MEMORY_LOOK_MS = 20;

/** What a server under test tells when it listens. */
export interface Listening {
  /** `ws://host:port/path?query`, ready to connect to. */
  socketUrl: string;
  /** For row benchmarks: the project's database. */
  databaseUrl?: string;
  jwtSecret?: string;
}

/** At one moment, or the most that was seen since it was last asked. */
export interface Memory {
  rssBytes: number;
  heapBytes: number;
  /** Buffers outside the heap. */
  externalBytes: number;
}

/** A server in a process of its own, so that its CPU time is its own. */
export interface ServerProcess extends AsyncDisposable {
  readonly listening: Listening;
  /** User and system CPU time used since the start, in milliseconds. */
  cpuMs(): Promise<number>;
  /** Since the last call, looked at every 20 ms. */
  memoryPeak(): Promise<Memory>;
  /** What is left once the collector has been everywhere. */
  memoryHeld(): Promise<Memory>;
  /** Where the server's processor time went while `work` ran. */
  profiled<T>(work: () => Promise<T>): Promise<{ result: T; hotSpots: HotSpot[] }>;
}

type Question = "cpu" | "memory-peak" | "memory-held" | "profile" | "hot-spots";

/** @param module path of a file that calls {@link serve}, relative to this folder */
export async function startServer(module: string, env: Record<string, string> = {}): Promise<ServerProcess> {
  const child = fork(fileURLToPath(new URL(module, import.meta.url)), {
    execArgv: ["--import", "tsx"],
    env: { ...process.env, ...env },
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const listening = await answerOf<Listening>(child, READY_DEADLINE_MS);
  const ask = <T>(question: Question) => {
    const answer = answerOf<T>(child, ANSWER_DEADLINE_MS);
    child.send(question);
    return answer;
  };
  return {
    listening,
    cpuMs: () => ask<number>("cpu"),
    memoryPeak: () => ask<Memory>("memory-peak"),
    memoryHeld: () => ask<Memory>("memory-held"),
    async profiled(work) {
      await ask("profile");
      const result = await work();
      return { result, hotSpots: await ask<HotSpot[]>("hot-spots") };
    },
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
  const answers = questions();
  process.on("message", (message) => {
    if (message === "stop") end();
    else void answers[message as Question]().then((answer) => process.send?.(answer));
  });
  process.on("disconnect", end);
  process.send?.(listening);
}

function questions(): Record<Question, () => Promise<unknown>> {
  let endProfile: (() => Promise<HotSpot[]>) | undefined;
  let peak = memoryNow();
  const look = () => {
    const { rssBytes, heapBytes, externalBytes } = memoryNow();
    peak = {
      rssBytes: Math.max(peak.rssBytes, rssBytes),
      heapBytes: Math.max(peak.heapBytes, heapBytes),
      externalBytes: Math.max(peak.externalBytes, externalBytes),
    };
  };
  let isWatched = false;
  return {
    async cpu() {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1_000;
    },
    async "memory-peak"() {
      // Looking has its price: only whoever asks once is watched from then on.
      if (!isWatched) setInterval(look, MEMORY_LOOK_MS).unref();
      isWatched = true;
      look();
      const answer = peak;
      peak = memoryNow();
      return answer;
    },
    async "memory-held"() {
      collectGarbage();
      return memoryNow();
    },
    async profile() {
      endProfile = await startProfile();
      return "started";
    },
    async "hot-spots"() {
      return endProfile?.() ?? [];
    },
  };
}

function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
}

function memoryNow(): Memory {
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rssBytes: rss, heapBytes: heapUsed, externalBytes: external };
}

async function answerOf<T>(child: ChildProcess, deadlineMs: number): Promise<T> {
  const [message] = await once(child, "message", { signal: AbortSignal.timeout(deadlineMs) });
  return message;
}
