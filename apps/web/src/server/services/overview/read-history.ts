import { COUNTER_NAMES, type SampleName } from "@tidewire/db/sample-names";
import { type TimeRange, toRangeMs } from "../../../lib/time-range.ts";
import type { ProjectScope } from "../../context.ts";
import type { History } from "../../views/overview.ts";
import { readSeries } from "./read-series.ts";

const NAMES: readonly SampleName[] = [
  "connections",
  "channels",
  ...COUNTER_NAMES,
  "lagMs",
  "stage.total.p99",
  "poolInUse",
];

export function readHistory({ resources, project }: ProjectScope, range: TimeRange): Promise<History> {
  return readSeries(resources, { ref: project.ref, names: NAMES, spanMs: toRangeMs(range) });
}
