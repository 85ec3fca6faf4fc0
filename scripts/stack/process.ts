import { createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { isRunning } from "../../apps/web/src/server/fleet/process-table.ts";

const POLL_MS = 50;

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
