import type { SampleName } from "@tidewire/db/sample-names";
import { readSamples } from "@tidewire/db/samples";
import type { Resources } from "../../resources.ts";
import type { History } from "../../views/overview.ts";
import { mergeSeries } from "./merge-series.ts";

const POINTS_MAX = 180;
/** Nodes sample every 5 s: shorter buckets would hold now two samples, now none. */
const BUCKET_MIN_MS = 15_000;

interface Asked {
  ref: string;
  names: readonly SampleName[];
  spanMs: number;
}

/**
 * A project's past, ending with the last complete bucket: half a bucket would look like a fall. Buckets are aligned to
 * the clock, so that two looks at the same time see the same points.
 */
export async function readSeries(
  { db, nowMs }: Pick<Resources, "db" | "nowMs">,
  { ref, names, spanMs }: Asked,
): Promise<History> {
  const points = Math.max(1, Math.min(POINTS_MAX, Math.floor(spanMs / BUCKET_MIN_MS)));
  const stepMs = Math.ceil(spanMs / points / 1000) * 1000;
  const toMs = Math.floor(nowMs() / stepMs) * stepMs;
  const fromMs = toMs - points * stepMs;
  const history = await readSamples(db, { ref, names, fromMs, toMs, points });
  return { fromMs, toMs, stepMs, series: mergeSeries(history) };
}
