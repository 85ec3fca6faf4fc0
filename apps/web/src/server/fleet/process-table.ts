import { readFileSync } from "node:fs";

/**
 * Whether `pid` is alive and, where the system tells, still the program we mean: pids are used again, and a process
 * whose parent has not collected it only looks alive.
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

/** False when the process was gone already. */
export function signal(pid: number, name: "SIGTERM" | "SIGKILL"): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}
