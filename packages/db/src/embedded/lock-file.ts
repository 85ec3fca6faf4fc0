import { readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";

const STOP_DEADLINE_MS = 15_000;
const POLL_MS = 25;

/** What the server writes into `postmaster.pid`; line numbers are Postgres' own (`miscadmin.h`). */
interface LockFile {
  pid: number;
  ready: boolean;
}

export function readLockFile(dataDir: string): LockFile | undefined {
  try {
    const lines = readFileSync(lockFile(dataDir), "utf8").split("\n");
    const pid = Number(lines[0]);
    return Number.isInteger(pid) ? { pid, ready: lines[7]?.trim() === "ready" } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Makes way for a new server on `dataDir`: stops one that a killed supervisor left behind, or removes the lock of one
 * that is gone. A pid that now belongs to another program is left alone.
 */
export async function clearLockFile(
  dataDir: string,
): Promise<"nothing" | "stopped-orphan" | "removed-stale"> {
  const lock = readLockFile(dataDir);
  if (!lock) {
    rmSync(lockFile(dataDir), { force: true });
    return "nothing";
  }
  if (!isServerOf(lock.pid, dataDir)) {
    rmSync(lockFile(dataDir), { force: true });
    return "removed-stale";
  }
  process.kill(lock.pid, "SIGINT");
  const deadlineMs = Date.now() + STOP_DEADLINE_MS;
  while (isServerOf(lock.pid, dataDir)) {
    if (Date.now() > deadlineMs) process.kill(lock.pid, "SIGQUIT");
    if (Date.now() > deadlineMs + STOP_DEADLINE_MS)
      throw new Error(`Postgres (pid ${lock.pid}) does not stop.`);
    await delay(POLL_MS);
  }
  rmSync(lockFile(dataDir), { force: true });
  return "stopped-orphan";
}

function lockFile(dataDir: string): string {
  return path.join(dataDir, "postmaster.pid");
}

function isServerOf(pid: number, dataDir: string): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  if (process.platform !== "linux") return true;
  try {
    const status = readFileSync(`/proc/${pid}/stat`, "utf8");
    if (status.slice(status.lastIndexOf(")") + 2).startsWith("Z")) return false;
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").includes(dataDir);
  } catch {
    return false;
  }
}
