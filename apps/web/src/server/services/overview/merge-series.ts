import { COUNTER_NAMES, type SampleName } from "@tidewire/db/sample-names";
import type { SampleHistory, SamplePoint } from "@tidewire/db/samples";
import type { Point } from "../../views/survey.ts";

/** Gauges that mean the same quantity on every node; the others belong to the one home, or are levels. */
const ADDED_GAUGES: ReadonlySet<SampleName> = new Set(["connections", "channels"]);
const COUNTERS: ReadonlySet<SampleName> = new Set(COUNTER_NAMES);

/**
 * One line per name out of one line per name and node: counters become rates per second and add up, like connections
 * and channels; of levels such as lag the worst node counts. Buckets nobody reported stay absent.
 */
export function mergeSeries({ bucketMs, series }: SampleHistory): Record<string, Point[]> {
  const merged = new Map<SampleName, Map<number, number>>();
  for (const { name, points } of series) {
    const line = merged.get(name) ?? new Map<number, number>();
    merged.set(name, line);
    for (const point of points) {
      const value = toValue(name, point, bucketMs);
      const other = line.get(point.atMs);
      line.set(point.atMs, other === undefined ? value : combine(name, other, value));
    }
  }
  return Object.fromEntries(
    [...merged].map(([name, line]) => [name, [...line].sort(([a], [b]) => a - b) satisfies Point[]]),
  );
}

function toValue(name: SampleName, { sum, average, maximum }: SamplePoint, bucketMs: number): number {
  if (COUNTERS.has(name)) return sum / (bucketMs / 1000);
  return ADDED_GAUGES.has(name) || name.endsWith(".p50") ? average : maximum;
}

function combine(name: SampleName, a: number, b: number): number {
  return COUNTERS.has(name) || ADDED_GAUGES.has(name) ? a + b : Math.max(a, b);
}
