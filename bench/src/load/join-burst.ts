import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** One user of the storm: a socket, and what it joins on it. */
export interface Joiner {
  token: string;
  /** Full topics. */
  topics: string[];
}

export interface BurstOrder {
  socketUrl: string;
  joiners: Joiner[];
  deadlineMs: number;
}

export interface BurstOutcome {
  /** From the first attempt to the ok reply, retries included; one per channel that was joined. */
  joinedMs: number[];
  /** Error replies by their code. */
  refusals: Record<string, number>;
  /** Error replies that did not say stage, elapsed time and when to come back, although trying again may help. */
  unexplained: number;
  /** Attempts without any answer for as long as a client waits. */
  timeouts: number;
  socketsLost: number;
}

const CONNECT_DEADLINE_MS = 120_000;

/** Sockets in processes of their own, all connected and quiet until told to join everything at once. */
export interface Burst extends AsyncDisposable {
  /** Resolves when all is joined, or the order's deadline has passed. */
  run(): Promise<BurstOutcome>;
}

export async function prepareBurst(order: BurstOrder, processes: number): Promise<Burst> {
  const children = await Promise.all(
    Array.from({ length: processes }, async (_, index) => {
      const joiners = order.joiners.filter((_, nth) => nth % processes === index);
      const child = fork(fileURLToPath(new URL("./join-process.ts", import.meta.url)), {
        execArgv: ["--import", "tsx"],
      });
      child.send({ ...order, joiners } satisfies BurstOrder);
      await messageOf(child, CONNECT_DEADLINE_MS);
      return child;
    }),
  );
  return {
    async run() {
      const outcomes = children.map((child) => messageOf<BurstOutcome>(child, order.deadlineMs * 2));
      for (const child of children) child.send("go");
      return merge(await Promise.all(outcomes));
    },
    async [Symbol.asyncDispose]() {
      for (const child of children) {
        if (child.exitCode !== null) continue;
        const gone = once(child, "exit");
        child.kill();
        await gone;
      }
    },
  };
}

function merge(outcomes: readonly BurstOutcome[]): BurstOutcome {
  const refusals: Record<string, number> = {};
  for (const outcome of outcomes) {
    for (const [code, count] of Object.entries(outcome.refusals))
      refusals[code] = (refusals[code] ?? 0) + count;
  }
  const sum = (of: (outcome: BurstOutcome) => number) =>
    outcomes.reduce((total, each) => total + of(each), 0);
  return {
    joinedMs: outcomes.flatMap(({ joinedMs }) => joinedMs),
    refusals,
    unexplained: sum(({ unexplained }) => unexplained),
    timeouts: sum(({ timeouts }) => timeouts),
    socketsLost: sum(({ socketsLost }) => socketsLost),
  };
}

async function messageOf<T>(child: ChildProcess, deadlineMs: number): Promise<T> {
  const [message] = await once(child, "message", { signal: AbortSignal.timeout(deadlineMs) });
  return message;
}
