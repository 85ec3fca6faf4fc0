import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

const POLL_MS = 50;

/**
 * Whether `pid` is alive and, where the system tells, still the program we mean: pids are used again.
 *
 * @param mark a part of its command line
 */
export function isRunning(pid: number, mark: string): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  if (process.platform !== "linux") return true;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const isZombie = stat.slice(stat.lastIndexOf(")") + 2).startsWith("Z");
    return !isZombie && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(mark);
  } catch {
    return false;
  }
}

/** Asks a process to end, insists after `graceMs`, and returns when it is gone. */
export async function stopProcess(pid: number, mark: string, graceMs: number): Promise<void> {
  if (!isRunning(pid, mark)) return;
  process.kill(pid, "SIGTERM");
  const deadlineMs = Date.now() + graceMs;
  while (isRunning(pid, mark)) {
    if (Date.now() > deadlineMs) process.kill(pid, "SIGKILL");
    await delay(POLL_MS);
  }
}

/** @throws Error in one sentence when something listens on the port already */
export async function assertPortFree(port: number, needs: string, variable: string): Promise<void> {
  const free = await new Promise<boolean>((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
  if (!free) throw new Error(`port ${port} is in use, and ${needs} needs it; set ${variable} to another.`);
}
