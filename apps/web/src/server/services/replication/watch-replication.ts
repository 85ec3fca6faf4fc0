import type { ProjectScope } from "../../context.ts";
import type { ReplicationView } from "../../views/replication.ts";
import { watch } from "../live/watch.ts";
import { forecastSlotLoss, type Retained } from "./forecast.ts";
import { readReplication } from "./read-replication.ts";

/** Growth is taken over the last minutes: shorter spans jump with every checkpoint. */
const WINDOW_MS = 120_000;

/** The replication view every second, with a forecast once the slot has been watched for a while. */
export function watchReplication(
  ctx: ProjectScope,
  signal: AbortSignal | undefined,
): AsyncGenerator<ReplicationView, void, void> {
  let readings: Retained[] = [];
  return watch(async () => {
    const view = await readReplication(ctx);
    const { home, askedAtMs: atMs } = view;
    if (home?.retainedBytes === undefined) return view;
    readings = readings
      .filter((reading) => atMs - reading.atMs < WINDOW_MS)
      .concat({ atMs, bytes: home.retainedBytes });
    return { ...view, slotLostAtMs: forecastSlotLoss(readings, home.retainedBytesMax) };
  }, signal);
}
