import type { SampleName } from "@tidewire/db/sample-names";
import { STAGES } from "@tidewire/protocol/cluster/inspect";
import { type TimeRange, toRangeMs } from "../../../lib/time-range.ts";
import type { ProjectScope } from "../../context.ts";
import type { History } from "../../views/overview.ts";
import { readSeries } from "../overview/read-series.ts";

const NAMES: readonly SampleName[] = [
  "lagMs",
  "lagBytes",
  "retainedBytes",
  "changes",
  "poolInUse",
  "poolQueued",
  ...[...STAGES, "total" as const].flatMap((stage) =>
    (["p50", "p95", "p99"] as const).map((percentile): SampleName => `stage.${stage}.${percentile}`),
  ),
];

/** Lag in ms and bytes, by stage and in all, over the range. */
export function readReplicationHistory(
  { resources, project }: ProjectScope,
  range: TimeRange,
): Promise<History> {
  return readSeries(resources, { ref: project.ref, names: NAMES, spanMs: toRangeMs(range) });
}
