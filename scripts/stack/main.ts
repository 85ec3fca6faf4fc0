import { say } from "../prepare/progress.mjs";
import { bringUp } from "./bring-up.ts";
import { readSettings } from "./settings.ts";
import { stopRequested } from "./stop-request.ts";

/**
 * Brings the whole system up in the order of its dependencies, announces it, and keeps it running until it is asked to
 * stop; then takes everything down in the reverse order. Whatever fails on the way takes down what stands already.
 */
export async function runStack(options: { nodes: number; dev: boolean }): Promise<void> {
  const settings = readSettings(process.env, options);
  const stop = stopRequested();
  const undo: (() => unknown)[] = [];
  try {
    await bringUp({ settings, undo, isStopping: stop.isRequested });
    await stop.requested;
    say("Stopping …");
  } finally {
    for (const step of undo.reverse()) await step();
  }
  say("Stopped; the data stays.");
}
