import type { Clock } from "./clock.ts";
import type { Log } from "./log.ts";

/**
 * ```text
 * starting -> ready -> draining -> gone
 * ```
 * Only forwards: a node that has begun to leave does not come back; a new process does.
 */
export type NodeState = "starting" | "ready" | "draining" | "gone";

const ORDER: readonly NodeState[] = ["starting", "ready", "draining", "gone"];

export function mayMove(from: NodeState, to: NodeState): boolean {
  return ORDER.indexOf(to) > ORDER.indexOf(from);
}

/**
 * Time beyond the drain for handing members over and closing connections to databases and the bus, before the process is
 * ended anyway.
 */
const CLOSE_MS_MAX = 6_000;
const OWNER_CHECK_MS = 1_000;

interface Leaving {
  drain(): Promise<void>;
  close(): Promise<void>;
}

interface Options {
  drainMs: number;
  ownerPid: number | undefined;
  clock: Clock;
  log: Log;
}

/**
 * Ties the process to its signals. The first SIGTERM or SIGINT, or the death of the owner, drains and ends with code 0;
 * a second signal ends at once. An exception that nobody caught is logged and ends with code 1: what the process still
 * knows is not to be trusted.
 *
 * @returns the way to leave for another reason
 */
export function superviseProcess(
  node: Leaving,
  { drainMs, ownerPid, clock, log }: Options,
): (why: string) => void {
  let leaving = false;
  const leave = (why: string) => {
    if (leaving) return;
    leaving = true;
    log.info({ why, drainMs }, "leaving");
    clock.after(drainMs + CLOSE_MS_MAX, () => {
      log.error({ why }, "leaving took too long; what is left is cut off");
      process.exit(1);
    });
    void leaveInOrder(node).then(
      () => process.exit(0),
      (err: unknown) => {
        log.error({ err }, "leaving failed");
        process.exit(1);
      },
    );
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      if (leaving) process.exit(130);
      leave(signal);
    });
  }
  superviseFaults(log);
  if (ownerPid !== undefined) {
    clock.every(OWNER_CHECK_MS, () => {
      if (!isRunning(ownerPid)) leave("the owner process is gone");
    });
  }
  return leave;
}

async function leaveInOrder(node: Leaving): Promise<void> {
  await node.drain();
  await node.close();
}

function superviseFaults(log: Log): void {
  const end = (message: string) => (err: unknown) => {
    log.fatal({ err }, message);
    process.exit(1);
  };
  process.on("uncaughtException", end("an exception was not caught"));
  process.on("unhandledRejection", end("a promise was rejected and nobody looked"));
}

/** Whether a process of that id exists; one that belongs to somebody else counts. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
