import { setTimeout as delay } from "node:timers/promises";
import { pruneGaps } from "@tidewire/db/gaps";
import { pruneNodes } from "@tidewire/db/nodes";
import { pruneSamples } from "@tidewire/db/samples";
import { isRunning } from "./fleet/process-table.ts";
import { type Resources, resources } from "./resources.ts";
import { GAPS_KEPT } from "./services/replication/list-gaps.ts";

const OWNER_CHECK_MS = 1_000;
const HOUSEKEEPING_EVERY_MS = 10 * 60_000;
/** The longest range a graph can show. */
const SAMPLES_KEPT_MS = 7 * 24 * 3_600_000;
const NODES_KEPT_MS = 24 * 3_600_000;
const RESUME_EVERY_MS = 10_000;
/** For requests in flight. Live pages never end their streams; they come back to whichever dashboard runs next. */
const LEAVING_MS = 1_000;
/** What Next ends with when it is done before us: asked for, so no failure. */
const ENDED_BY_SIGNAL = [130, 143];
const STARTED = Symbol.for("tidewire.background");

/** What runs without anybody asking: the fleet, half-made projects, tidying up. Once per process. */
export function startBackground(): void {
  if (Reflect.get(globalThis, STARTED) === true) return;
  Reflect.set(globalThis, STARTED, true);
  const shared = resourcesOrExit();
  shared.reconciler?.start();
  resumeProvisioning(shared);
  setInterval(() => resumeProvisioning(shared), RESUME_EVERY_MS).unref();
  setInterval(() => void tidyUp(shared), HOUSEKEEPING_EVERY_MS).unref();
  followOwner(shared);
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void leave(shared));
}

async function leave({ reconciler }: Resources): Promise<void> {
  process.once("exit", (code) => {
    if (ENDED_BY_SIGNAL.includes(code)) process.exitCode = 0;
  });
  await Promise.all([reconciler?.close().catch(() => undefined), delay(LEAVING_MS)]);
  process.exit(0);
}

/** With settings that cannot work there is nothing to serve, not even an error page. */
function resourcesOrExit(): Resources {
  try {
    return resources();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  }
}

/** Again and again: the control database may come up after the dashboard, and another server may die in the middle. */
function resumeProvisioning(shared: Resources): void {
  shared.provisioning
    .resume()
    .catch((err: unknown) => shared.log.warn({ err }, "half-made projects wait for the control database"));
}

async function tidyUp({ db, log }: Resources): Promise<void> {
  try {
    await pruneSamples(db, { olderThanMs: SAMPLES_KEPT_MS });
    await pruneGaps(db, GAPS_KEPT);
    await pruneNodes(db, { silentMs: NODES_KEPT_MS });
  } catch (err) {
    log.warn({ err }, "old samples stay until the control database answers");
  }
}

/** A dashboard whose supervisor was killed would keep the port from the next one. */
function followOwner({ env, log }: Resources): void {
  const { ownerPid } = env;
  if (ownerPid === undefined) return;
  setInterval(() => {
    if (isRunning(ownerPid, "")) return;
    log.warn({ ownerPid }, "the owner process is gone; leaving");
    process.exit(0);
  }, OWNER_CHECK_MS).unref();
}
